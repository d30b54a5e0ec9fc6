//! `forbear serve` as a process, on a free port.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::command;
use crate::{Api, Place, Tenant};

pub struct Server {
    process: Child,
    /// As the operator.
    pub api: Api,
    pub address: String,
}

/// How long a busy machine may take to start a server.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Starts a server and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn start(place: &Place) -> Self {
        let log_path = place.path().join("server.log");
        let log = File::options().create(true).append(true).open(&log_path).expect("the log");
        let mut command = command(place);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the program");
        // From here on it is stopped, whatever happens.
        let mut server = Self { process, api: Api::of_server("", ""), address: String::new() };
        let since = Instant::now();
        let log = || fs::read_to_string(&log_path).unwrap_or_default();
        loop {
            if let Some((address, secret)) = server.door(place) {
                let api = Api::of_server(&address, &secret);
                if api.try_send("GET", "/readyz", Vec::new()).is_ok_and(|answer| answer.status == 200) {
                    (server.address, server.api) = (address, api);
                    return server;
                }
            }
            if let Ok(Some(status)) = server.process.try_wait() {
                panic!("the server ended with {status}:\n{}", log());
            }
            assert!(since.elapsed() < PATIENCE, "the server is not ready:\n{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens and the operator's secret, once it has left them in its folder.
    fn door(&self, place: &Place) -> Option<(String, String)> {
        let text = fs::read_to_string(place.data().join("server.json")).ok()?;
        let door: Value = serde_json::from_str(&text).ok()?;
        // An earlier server may have left its own behind.
        let own = door["pid"] == self.process.id();
        own.then(|| Some((door["address"].as_str()?.to_owned(), door["secret"].as_str()?.to_owned())))?
    }

    /// A new tenant with the bundle of this name.
    pub fn tenant(&self, bundle: &str) -> Tenant {
        Tenant::with_bundle(&self.api, bundle)
    }

    /// As the power going: nothing is finished.
    ///
    /// # Panics
    /// When it had ended before.
    pub fn kill(mut self) {
        self.process.kill().expect("a process to kill");
        self.process.wait().expect("its end");
    }

    /// Asks it to stop (SIGTERM), without waiting.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn ask_to_stop(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("the command kill").success());
    }

    /// Waits for its end; answers the exit code.
    ///
    /// # Panics
    /// When it does not end.
    pub fn end(mut self) -> Option<i32> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("its state") {
                return status.code();
            }
            assert!(since.elapsed() < PATIENCE, "the server does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
