//! A server that is told to stop ends as it should, on both stores.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_server_that_is_told_to_stop_ends_without_an_error() {
    let url = std::env::var("FORBEAR_TEST_DATABASE_URL")
        .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test`");
    for database_url in [None, Some(url)] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_forbear"));
        server.arg("--data").arg(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]);
        if let Some(url) = &database_url {
            server.args(["--database-url", url]);
        }
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("Listening on http://127.0.0.1:"), "{line}");
        assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
        let output = server.wait_with_output().unwrap();
        assert!(output.status.success(), "{database_url:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
