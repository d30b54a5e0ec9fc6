//! Compiled modules on disk, so that a restart does not compile again: for the engine alone.
//!
//! Loading machine code means trusting it, so a file is loaded only if this host wrote it: every file carries a keyed hash
//! over all of its contents, and the key lies beside the files in a folder that only the server's user can read. Whatever
//! does not match (another release, other settings, a damaged or foreign file) is compiled again and overwritten.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::error::EngineError;

/// Bump it when the layout of the files or the way from a module to what is compiled changes.
const MAGIC: &[u8; 16] = b"forbear rules 1\n";
const SECRET_FILE: &str = "key";
/// The block of SHA-256, which an HMAC takes as it is.
const SECRET_BYTES: usize = 64;
const HASH_BYTES: usize = 32;
const HEADER_BYTES: usize = MAGIC.len() + HASH_BYTES + HASH_BYTES + 8;

/// A folder of compiled modules.
pub(super) struct Cache {
    dir: PathBuf,
    secret: [u8; SECRET_BYTES],
    /// Everything beside the module that decides what the compiler writes.
    settings: [u8; HASH_BYTES],
}

/// What is kept of one module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What was learned about the module when it was checked, as JSON.
    pub(super) about: Vec<u8>,
    /// The engine's serialised component.
    pub(super) artefact: Vec<u8>,
}

impl Cache {
    /// Opens the folder, making it and its key if need be. `settings` describes engine, version and target.
    pub(super) fn open(dir: &Path, settings: &[u8]) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Cache { dir: dir.to_owned(), source };
        make_private_dir(dir).map_err(failed)?;
        let secret = secret(dir).map_err(failed)?;
        Ok(Self { dir: dir.to_owned(), secret, settings: Sha256::digest(settings).into() })
    }

    /// What is kept of the module with this hash, if it is there and unharmed.
    pub(super) fn get(&self, module: &[u8; HASH_BYTES]) -> Option<Entry> {
        let path = self.path(module);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return None,
            Err(fault) => {
                tracing::warn!(path = %path.display(), %fault, "a compiled module cannot be read; compiling it again");
                return None;
            }
        };
        let entry = self.open_file(module, &bytes);
        if entry.is_none() {
            tracing::warn!(path = %path.display(), "a compiled module is damaged or not ours; compiling it again");
        }
        entry
    }

    /// Keeps a compiled module. A full or broken disk costs time at the next start, nothing else, so it is only logged.
    pub(super) fn put(&self, module: &[u8; HASH_BYTES], entry: &Entry) {
        if let Err(fault) = self.write(module, entry) {
            tracing::warn!(dir = %self.dir.display(), %fault, "a compiled module cannot be kept; the next start compiles it again");
        }
    }

    fn write(&self, module: &[u8; HASH_BYTES], entry: &Entry) -> io::Result<()> {
        static WRITES: AtomicU64 = AtomicU64::new(0);
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.dir.join(format!("{}.{}.{number}.tmp", hex::encode(module), std::process::id()));
        let written = private_file(&unfinished)
            .and_then(|mut file| {
                file.write_all(&self.close_file(module, entry))?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&unfinished, self.path(module)));
        if written.is_err() {
            // It may not even exist; the fault that matters is the one that is returned.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn path(&self, module: &[u8; HASH_BYTES]) -> PathBuf {
        self.dir.join(format!("{}-{}", hex::encode(module), hex::encode(&self.settings[..8])))
    }

    /// Layout: magic, key, keyed hash of all else, length of `about`, `about`, artefact.
    fn close_file(&self, module: &[u8; HASH_BYTES], entry: &Entry) -> Vec<u8> {
        let key = self.key(module);
        let about_bytes = (entry.about.len() as u64).to_le_bytes();
        let seal = self.seal(&key, &about_bytes, &[entry.about.as_slice(), &entry.artefact]).finalize().into_bytes();
        let mut file = Vec::with_capacity(HEADER_BYTES + entry.about.len() + entry.artefact.len());
        for part in [MAGIC.as_slice(), &key, &seal, &about_bytes, &entry.about, &entry.artefact] {
            file.extend_from_slice(part);
        }
        file
    }

    fn open_file(&self, module: &[u8; HASH_BYTES], bytes: &[u8]) -> Option<Entry> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (key, rest) = rest.split_at_checked(HASH_BYTES)?;
        let (seal, rest) = rest.split_at_checked(HASH_BYTES)?;
        let (about_bytes, contents) = rest.split_first_chunk::<8>()?;
        if key != self.key(module) {
            return None;
        }
        self.seal(key, about_bytes, &[contents]).verify_slice(seal).ok()?;
        let (about, artefact) = contents.split_at_checked(usize::try_from(u64::from_le_bytes(*about_bytes)).ok()?)?;
        Some(Entry { about: about.to_owned(), artefact: artefact.to_owned() })
    }

    fn key(&self, module: &[u8; HASH_BYTES]) -> [u8; HASH_BYTES] {
        Sha256::new().chain_update(MAGIC).chain_update(module).chain_update(self.settings).finalize().into()
    }

    fn seal(&self, key: &[u8], about_bytes: &[u8], contents: &[&[u8]]) -> Hmac<Sha256> {
        let mut seal = <Hmac<Sha256> as Mac>::new((&self.secret).into());
        seal.update(key);
        seal.update(about_bytes);
        for part in contents {
            seal.update(part);
        }
        seal
    }
}

/// The folder's key, made at first use. One that is not whole is replaced, and with it everything that it sealed.
fn secret(dir: &Path) -> io::Result<[u8; SECRET_BYTES]> {
    let path = dir.join(SECRET_FILE);
    for _ in 0..8 {
        match fs::read(&path) {
            Ok(bytes) => {
                if let Ok(secret) = bytes.try_into() {
                    return Ok(secret);
                }
                fs::remove_file(&path)?;
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(|fault| io::Error::other(fault.to_string()))?;
        let unfinished = dir.join(format!("{SECRET_FILE}.{}.tmp", std::process::id()));
        private_file(&unfinished)?.write_all(&secret)?;
        // Linked, not renamed: of two servers that start together one wins, and the other reads the winner's key.
        let linked = fs::hard_link(&unfinished, &path);
        fs::remove_file(&unfinished)?;
        match linked {
            Ok(()) => return Ok(secret),
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(io::Error::other("its key changes while it is read"))
}

#[cfg(unix)]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: [u8; 32] = [7; 32];

    fn entry() -> Entry {
        Entry { about: b"{}".to_vec(), artefact: b"machine code".to_vec() }
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn open(dir: &tempfile::TempDir, settings: &str) -> Cache {
        Cache::open(dir.path(), settings.as_bytes()).expect("a cache")
    }

    #[test]
    fn what_was_kept_is_found_again_after_a_restart() {
        let dir = folder();
        open(&dir, "settings").put(&MODULE, &entry());
        assert_eq!(open(&dir, "settings").get(&MODULE), Some(entry()));
        assert_eq!(open(&dir, "settings").get(&[8; 32]), None);
    }

    #[test]
    fn other_settings_never_see_each_others_code() {
        let dir = folder();
        open(&dir, "settings").put(&MODULE, &entry());
        assert_eq!(open(&dir, "other settings").get(&MODULE), None);
    }

    #[test]
    fn a_file_that_differs_in_one_bit_anywhere_is_not_trusted() {
        let dir = folder();
        let cache = open(&dir, "settings");
        cache.put(&MODULE, &entry());
        let whole = fs::read(cache.path(&MODULE)).expect("the file");
        for index in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            fs::write(cache.path(&MODULE), &damaged).expect("writing");
            assert_eq!(cache.get(&MODULE), None, "byte {index}");
        }
        for length in 0..whole.len() {
            fs::write(cache.path(&MODULE), &whole[..length]).expect("writing");
            assert_eq!(cache.get(&MODULE), None, "cut to {length} bytes");
        }
    }

    #[test]
    fn a_file_under_another_modules_name_is_not_trusted() {
        let dir = folder();
        let cache = open(&dir, "settings");
        cache.put(&MODULE, &entry());
        fs::copy(cache.path(&MODULE), cache.path(&[8; 32])).expect("copying");
        assert_eq!(cache.get(&[8; 32]), None);
    }

    #[test]
    fn a_file_of_another_host_is_not_trusted() {
        let (ours, theirs) = (folder(), folder());
        let (here, there) = (open(&ours, "settings"), open(&theirs, "settings"));
        there.put(&MODULE, &entry());
        fs::copy(there.path(&MODULE), here.path(&MODULE)).expect("copying");
        assert_eq!(here.get(&MODULE), None);
    }

    #[test]
    fn a_lost_or_broken_key_means_compiling_again_and_nothing_worse() {
        let dir = folder();
        open(&dir, "settings").put(&MODULE, &entry());
        fs::write(dir.path().join(SECRET_FILE), b"short").expect("writing");
        let cache = open(&dir, "settings");
        assert_eq!(cache.get(&MODULE), None);
        cache.put(&MODULE, &entry());
        assert_eq!(cache.get(&MODULE), Some(entry()));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_servers_user_can_read_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let cache = open(&dir, "settings");
        cache.put(&MODULE, &entry());
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(dir.path()), 0o700);
        assert_eq!(mode(&dir.path().join(SECRET_FILE)), 0o600);
        assert_eq!(mode(&cache.path(&MODULE)), 0o600);
    }
}
