//! Where one host keeps everything, gone when the story ends.

use std::path::{Path, PathBuf};

use forbear::tenant::Secret;
use postgres::{Client, Config, NoTls};
use tempfile::TempDir;

pub struct Place {
    folder: TempDir,
    database: Option<Database>,
}

/// A database of its own on the server that the tests are given.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Place {
    pub fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), database: None }
    }

    /// # Panics
    /// When there is no server to make a database on.
    pub fn postgresql() -> Self {
        let server = std::env::var("FORBEAR_TEST_DATABASE_URL")
            .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test` or scripts/with-postgres.sh");
        let name = random_name("story_");
        administer(&server, &format!("CREATE DATABASE {name}"));
        let (before, _) = server.rsplit_once('/').expect("postgres://USER@HOST/DATABASE");
        let url = format!("{before}/{name}");
        Self { database: Some(Database { server, name, url }), ..Self::sqlite() }
    }

    /// The host's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for the story's own files.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn database_url(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.url.as_str())
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        administer(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn administer(server: &str, statement: &str) {
    let config: Config = server.parse().expect("the address of a PostgreSQL server");
    let done = config.connect(NoTls).and_then(|mut client: Client| client.batch_execute(statement));
    if let Err(error) = done {
        eprintln!("{statement}: {error}");
    }
}

/// Lower-case letters and digits that nobody else has.
pub(crate) fn random_name(prefix: &str) -> String {
    let secret = Secret::new("").expect("random numbers");
    format!("{prefix}{}", &secret.reveal()[..16])
}
