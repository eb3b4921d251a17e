//! Where connections come from: TCP, a Unix socket, or memory. The accept loop knows no difference.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// The two directions of one connection.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A source of connections.
pub trait Listener: Send {
    /// A connection.
    type Io: Io + 'static;

    /// The next connection and where it comes from. Dropping the wait loses no connection.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<SocketAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, address) = Self::accept(self).await?;
        // Frames are small and answered; without this each waits for the delayed acknowledgement of the one before.
        stream.set_nodelay(true)?;
        Ok((stream, Some(address)))
    }
}

impl Listener for UnixListener {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<SocketAddr>)> {
        let (stream, _) = Self::accept(self).await?;
        Ok((stream, None))
    }
}
