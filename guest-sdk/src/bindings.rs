//! What wit-bindgen makes of `wit/v1/rules.wit`. Authors meet these types under the names the crate's root gives them.

wit_bindgen::generate!({
    path: "wit/v1",
    world: "rules",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "forbear_guest_sdk::bindings",
    additional_derives: [PartialEq, Eq, Clone],
});
