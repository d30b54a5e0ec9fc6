//! The allocator of a module: an instance lives for one call, so it hands out memory and never takes any back.
//!
//! The arena lies in the module's initial memory, because each `memory.grow` costs the host two system calls. Only a call
//! that needs more than the arena grows the memory.
#![expect(unsafe_code, reason = "an allocator is unsafe by contract")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

/// Bytes before the memory has to grow. In the zeroed part of the data, so it costs nothing in the module's file.
const ARENA: usize = 256 * 1024;
/// The unit of `memory.grow`.
const PAGE: usize = 64 * 1024;

#[repr(align(16))]
struct Arena(#[expect(dead_code, reason = "reached through pointers only")] [u8; ARENA]);

static mut MEMORY: Arena = Arena([0; ARENA]);

struct Bump {
    /// First free byte.
    next: Cell<*mut u8>,
    /// End of the arena, or of the memory that was grown.
    end: Cell<*mut u8>,
}

// SAFETY: a module has one thread; the contract of the sandbox offers no way to start another.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = {
    let start = (&raw mut MEMORY).cast::<u8>();
    // SAFETY: the offset is the size of the static, so the result points one past its end.
    Bump { next: Cell::new(start), end: Cell::new(unsafe { start.add(ARENA) }) }
};

impl Bump {
    /// Makes room behind `end` or elsewhere for a block of this size; `false` when the host's limit is reached.
    #[cold]
    fn grow(&self, size: usize, align: usize) -> bool {
        // At least an arena more, so that a call which builds something big grows a few times only.
        let Some(wanted) = size.checked_add(align) else { return false };
        let pages = wanted.max(ARENA).div_ceil(PAGE);
        let before = core::arch::wasm32::memory_grow(0, pages);
        if before == usize::MAX {
            return false;
        }
        let start = ptr::without_provenance_mut::<u8>(before * PAGE);
        if start != self.end.get() {
            self.next.set(start);
        }
        self.end.set(ptr::without_provenance_mut((before + pages) * PAGE));
        true
    }
}

// SAFETY: blocks are cut from the arena or from grown memory, each once, aligned and inside its bounds; none is handed out
// twice because `next` only moves up.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        loop {
            let next = self.next.get();
            let start = next.wrapping_add(next.addr().wrapping_neg() & (align - 1));
            // In this order nothing can wrap: addresses end where the memory does.
            if start <= self.end.get() && size <= self.end.get().addr() - start.addr() {
                self.next.set(start.wrapping_add(size));
                return start;
            }
            if !self.grow(size, align) {
                return ptr::null_mut();
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout is passed on. Memory is zero when the module starts and when it
        // grows, and no block is handed out twice.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if new_size <= layout.size() {
            return block;
        }
        let is_last = block.wrapping_add(layout.size()) == self.next.get();
        if is_last && new_size <= self.end.get().addr() - block.addr() {
            self.next.set(block.wrapping_add(new_size));
            return block;
        }
        // SAFETY: the caller promises a size that makes a valid layout with this alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks hold at least the old size, and a fresh block overlaps no other.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}
