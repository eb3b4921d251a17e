//! The operator's way in: a Unix socket in the node's directory, open to whoever may write there, and the same service
//! inside this process when none is running. A command calls one channel either way.
//!
//! A socket's path is limited to 107 bytes and a directory's is not; a longer one is reached through
//! `/proc/self/fd/<directory>/admin.sock`, which names the same file.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::{UnixListener, UnixStream};
use tonic::transport::Channel;

use crate::accept::{Door, Limits, serve};
use crate::connect::{BoxIo, Dialer, plain_channel};
use crate::lock::DirLock;
use crate::memory::MemoryNetwork;
use crate::shutdown::Shutdown;

/// The socket's name in the directory.
pub const SOCKET: &str = "admin.sock";
/// The longest path in a socket's address (`sun_path`, less its final zero byte).
const LONGEST: usize = 107;

/// Listens on the socket of a directory that is ours (0600). The lock proves that a socket found there is a dead
/// process's and may go. Serve it with [`Door::Local`].
pub fn listen(lock: &DirLock) -> io::Result<UnixListener> {
    let path = lock.dir().join(SOCKET);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let reach = Reach::new(lock.dir())?;
    let listener = UnixListener::bind(&reach.path)?;
    // Between the two lines the umask decides; the directory itself is the owner's alone.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// A channel to the process that serves `dir`, if one listens now.
pub async fn channel(dir: &Path) -> io::Result<Channel> {
    drop(dial(dir).await?);
    let dir = dir.to_path_buf();
    Ok(plain_channel(move || {
        let dir = dir.clone();
        async move { Ok(Box::new(dial(&dir).await?) as BoxIo) }
    }))
}

async fn dial(dir: &Path) -> io::Result<UnixStream> {
    let reach = Reach::new(dir)?;
    UnixStream::connect(&reach.path).await
}

/// A channel to `router` inside this process, with the operator's rights. The service lives as long as `shutdown` is
/// not triggered; needs a runtime.
pub fn in_process(router: Router, shutdown: Shutdown) -> Channel {
    let network = MemoryNetwork::new();
    let listener = network.listen(SOCKET);
    tokio::spawn(serve(listener, Door::Local, router, Limits::default(), shutdown));
    plain_channel(move || {
        let network = network.clone();
        async move { network.dial(SOCKET).await }
    })
}

/// A path short enough for a socket's address, good while this lives.
struct Reach {
    path: PathBuf,
    _dir: Option<File>,
}

impl Reach {
    fn new(dir: &Path) -> io::Result<Self> {
        let path = dir.join(SOCKET);
        if path.as_os_str().as_bytes().len() <= LONGEST {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd()));
        Ok(Self { path, _dir: Some(dir) })
    }
}
