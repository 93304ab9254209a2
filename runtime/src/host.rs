//! The host's edge: the only place of this crate where the clock and chance come in. Tests bring their own.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use locus_model::identity::hash128;

/// The clock and chance.
pub trait Host: Send + Sync {
    /// Milliseconds since 1970-01-01 UTC. May go back; the journal's time does not.
    fn now(&self) -> u64;

    /// A number that no other call in any process gets. Good for ids, not for secrets.
    fn random(&self) -> u128;

    /// A variable of the process's environment; `None` where it is not set, or no text.
    fn env(&self, name: &str) -> Option<String>;
}

/// The machine's own clock and chance.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemHost;

impl Host for SystemHost {
    /// The later of the clock's time and the time that has passed since the first call: a clock that is set back delays no timer.
    #[expect(clippy::disallowed_methods, reason = "this is the host's clock")]
    fn now(&self) -> u64 {
        static FIRST: OnceLock<(Instant, u64)> = OnceLock::new();
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let clock = milliseconds(since);
        let (start, at_start) = FIRST.get_or_init(|| (Instant::now(), clock));
        clock.max(at_start + milliseconds(start.elapsed()))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the host's environment")]
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the host's chance; its keys come from the operating system"
    )]
    fn random(&self) -> u128 {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let mut bytes = Vec::with_capacity(40);
        for _ in 0..2 {
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_u64(CALLS.fetch_add(1, Ordering::Relaxed));
            bytes.extend_from_slice(&hasher.finish().to_be_bytes());
        }
        bytes.extend_from_slice(&u64::from(std::process::id()).to_be_bytes());
        bytes.extend_from_slice(&self.now().to_be_bytes());
        hash128(&bytes)
    }
}

/// Whether there is a folder at this path.
#[expect(clippy::disallowed_methods, reason = "this is the host's file system")]
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The id of a new run: 26 characters that sort by time.
#[must_use]
pub fn new_run_id(host: &dyn Host) -> String {
    let chance = host.random() & ((1 << 80) - 1);
    base32((u128::from(host.now()) << 80) | chance)
}

/// The id of a run that another run starts: the same whenever the same step starts it.
#[must_use]
pub fn child_run_id(parent: &str, key: &str) -> String {
    base32(hash128(format!("{}:{parent}/{key}", parent.len()).as_bytes()))
}

/// 128 bits in 26 characters of Crockford's base 32, most significant first.
pub(crate) fn base32(number: u128) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..26).rev().map(|place| char::from(DIGITS[(number >> (place * 5)) as usize & 31])).collect()
}
