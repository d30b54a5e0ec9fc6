//! Rules: a tenant's WebAssembly modules, asked at eight named points, in a sandbox.
