//! A node's way to its parent: turmoil's sockets as our dialer and our listener, and a link that can be cut short.
//!
//! turmoil loses messages as a dead line does: nobody is told. What it cannot do is lose an answer at the very moment
//! when the parent has committed what it answers, so that stands here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use runtime::connect::{BoxIo, Dialer, Dialing};
use runtime::listener::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

/// Asked whenever bytes come from the parent; from the first yes on they are lost, and the connection with them.
type Lose = Arc<dyn Fn() -> bool + Send + Sync>;

/// The link of one node; clones are the same one.
#[derive(Clone, Default)]
pub struct Link(Arc<Mutex<Option<Lose>>>);

impl Link {
    /// Whatever comes after `when` first holds is lost together with its connection.
    pub fn lose_answers(&self, when: impl Fn() -> bool + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(when));
    }

    /// Everything passes.
    pub fn mend(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn loses(&self) -> bool {
        let lose = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lose.is_some_and(|lose| lose())
    }
}

impl Dialer for Link {
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a> {
        Box::pin(async move {
            let io = TcpStream::connect(address).await?;
            let link = self.clone();
            Ok(Box::new(Wire { io, link }) as BoxIo)
        })
    }
}

/// One connection over the link.
struct Wire {
    io: TcpStream,
    link: Link,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if read.is_ready() && self.link.loses() {
            buffer.clear();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Where a parent's accept loop takes its connections from.
pub struct Doorway(TcpListener);

impl Doorway {
    /// Listens on every address of this machine.
    pub async fn open(port: u16) -> io::Result<Self> {
        TcpListener::bind(("0.0.0.0", port)).await.map(Self)
    }
}

impl Listener for Doorway {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (io, address) = self.0.accept().await?;
        Ok((io, Some(address)))
    }
}
