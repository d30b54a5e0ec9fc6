//! The real program, run as a newcomer runs it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Place;

/// What a command said and how it ended.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The output of a command that must succeed.
    ///
    /// # Panics
    /// When it did not.
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// # Panics
    /// When it succeeded, or the output is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.ok()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program: FORBEAR_BIN, or what was built beside these tests.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("FORBEAR_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("the path of this test");
    let path = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST").join("forbear");
    assert!(path.is_file(), "{} is not there: `cargo build -p forbear` makes it", path.display());
    path
}

/// The program with the settings of a place, ready for a subcommand.
pub(crate) fn command(place: &Place) -> Command {
    let mut command = Command::new(binary());
    command.env("FORBEAR_DATA", place.data()).env("RUST_LOG", "warn,forbear=info").current_dir(place.path());
    command.env_remove("FORBEAR_DATABASE_URL").env_remove("FORBEAR_TENANT");
    if let Some(url) = place.database_url() {
        command.env("FORBEAR_DATABASE_URL", url);
    }
    command
}

/// Runs a command to its end.
pub fn forbear(place: &Place, arguments: &[&str]) -> Ran {
    forbear_with_input(place, arguments, "")
}

/// Runs a command that reads this from stdin.
///
/// # Panics
/// When the program cannot be run.
pub fn forbear_with_input(place: &Place, arguments: &[&str], input: &str) -> Ran {
    let mut command = command(place);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    // A command that does not read its input closes the pipe early.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("its end");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
