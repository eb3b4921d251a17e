//! One node's link to the network: up, cut, or losing what the hub answers from some moment on.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use runtime::connect::{BoxIo, Dialer, Dialing};
use runtime::memory::MemoryNetwork;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Asked whenever bytes come from the other side; from the first yes on they are lost, and the link with them.
type Lose = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Clone)]
enum State {
    Up,
    Cut,
    Losing(Lose),
}

/// The link; clones are the same one.
#[derive(Clone)]
pub struct Link {
    network: MemoryNetwork,
    state: Arc<Mutex<State>>,
    dialled: Arc<AtomicUsize>,
}

impl Link {
    pub fn new(network: MemoryNetwork) -> Self {
        Self {
            network,
            state: Arc::new(Mutex::new(State::Up)),
            dialled: Arc::default(),
        }
    }

    /// Nothing passes any more, on open connections neither.
    pub fn cut(&self) {
        self.set(State::Cut);
    }

    /// Everything passes.
    pub fn mend(&self) {
        self.set(State::Up);
    }

    /// Whatever comes after `when` first holds is lost together with its connection.
    pub fn lose_answers(&self, when: impl Fn() -> bool + Send + Sync + 'static) {
        self.set(State::Losing(Arc::new(when)));
    }

    /// How often somebody dialled.
    pub fn dialled(&self) -> usize {
        self.dialled.load(Ordering::Relaxed)
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }

    fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    fn passes(&self) -> io::Result<()> {
        match self.state() {
            State::Cut => Err(io::ErrorKind::ConnectionReset.into()),
            State::Up | State::Losing(_) => Ok(()),
        }
    }
}

impl Dialer for Link {
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a> {
        Box::pin(async move {
            self.dialled.fetch_add(1, Ordering::Relaxed);
            if let State::Cut = self.state() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let io = self.network.dial(address).await?;
            Ok(Box::new(Wire { io, link: self.clone() }) as BoxIo)
        })
    }
}

/// One connection over the link.
struct Wire {
    io: BoxIo,
    link: Link,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.link.passes()?;
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        match self.link.state() {
            State::Losing(lose) if read.is_ready() && lose() => {
                buffer.clear();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            _ => read,
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.link.passes()?;
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
