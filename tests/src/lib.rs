//! Stories through the public door, on both stores: what they are made with.
//!
//! A [`Place`] is where one host keeps everything: a temporary folder, and for PostgreSQL a database of its own, so that no
//! story meets another. A host there is either a [`Server`], the real program as a process, or a [`Room`], the same
//! router inside the test with a clock that the story moves. Both are talked to with an [`Api`].

mod api;
mod place;
mod program;
mod room;
mod server;
mod tenant;

pub use api::{Answer, Api};
pub use place::Place;
pub use program::{Ran, forbear, forbear_with_input};
pub use room::Room;
pub use server::Server;
pub use tenant::{Files, Tenant, bundle, module};

/// Makes of each story, a function of a [`Place`], a test on SQLite and a test on PostgreSQL.
#[macro_export]
macro_rules! on_both_stores {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[test]
            fn on_sqlite() {
                super::$story(&$crate::Place::sqlite());
            }

            #[test]
            fn on_postgresql() {
                super::$story(&$crate::Place::postgresql());
            }
        }
    )+};
}
