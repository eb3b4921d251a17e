//! The port for those who watch: what it answers before the process is open, while it works, and when it cannot.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::inspect::{Finding, Inspected, Readiness};
use runtime::metrics::Page;
use runtime::{Shutdown, admin_http};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A process whose disk a test may fail.
#[derive(Default)]
struct Process {
    failed: AtomicBool,
}

impl Inspected for Process {
    fn readiness(&self) -> Readiness {
        let found = Readiness::default().with("parent", Finding::Warning, "молчит");
        if self.failed.load(Ordering::Relaxed) {
            found.with("ledger", Finding::Bad, "сбой диска")
        } else {
            found.with("ledger", Finding::Good, "записей 7")
        }
    }

    fn summary(&self) -> String {
        "работает".to_owned()
    }

    fn measure(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge("ledger_size", "Entries.", 7)
    }
}

/// Status, content type and body.
async fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: watch\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let content = head.lines().find_map(|line| line.strip_prefix("content-type: "));
    (status, content.unwrap_or_default().to_owned(), body.to_owned())
}

#[tokio::test]
async fn it_is_alive_before_it_is_ready_and_unready_when_the_disk_fails() {
    let shutdown = Shutdown::new();
    let window = admin_http::open(Some("127.0.0.1:0"), "x", &shutdown).await.unwrap();
    let address = window.address().unwrap();
    assert_eq!(get(address, "/livez").await.0, 200);
    let (status, _, body) = get(address, "/readyz").await;
    assert!(status == 503 && body.contains("запускается"), "{body}");
    assert_eq!(get(address, "/metrics").await.0, 503);
    let process = Arc::new(Process::default());
    let shown: Arc<dyn Inspected> = Arc::clone(&process) as _;
    window.show(shown);
    for path in ["/readyz", "/healthz"] {
        let expected = "[!] parent: молчит\nготов\n".to_owned();
        let plain = "text/plain; charset=utf-8".to_owned();
        assert_eq!(get(address, path).await, (200, plain, expected), "{path}");
    }
    let (_, _, verbose) = get(address, "/readyz?verbose").await;
    assert!(verbose.contains("[+] ledger: записей 7\n"), "{verbose}");
    let (status, content, body) = get(address, "/metrics").await;
    assert_eq!((status, content.as_str()), (200, runtime::metrics::CONTENT_TYPE));
    assert!(body.ends_with("\nx_ledger_size 7\n"), "{body}");
    process.failed.store(true, Ordering::Relaxed);
    let (status, _, body) = get(address, "/readyz").await;
    assert_eq!((status, body.contains("[-] ledger: сбой диска")), (503, true), "{body}");
    assert_eq!(get(address, "/livez").await.0, 200, "it still answers");
    assert_eq!(get(address, "/").await.0, 404);
    shutdown.trigger();
}

#[tokio::test]
async fn without_an_address_no_port_is_open_and_a_taken_one_is_named() {
    let shutdown = Shutdown::new();
    let off = admin_http::open(None, "x", &shutdown).await.unwrap();
    assert_eq!(off.address(), None);
    let first = admin_http::open(Some("127.0.0.1:0"), "x", &shutdown).await.unwrap();
    let address = first.address().unwrap().to_string();
    let taken = admin_http::open(Some(&address), "x", &shutdown).await.unwrap_err();
    assert!(taken.to_string().starts_with(&address), "{taken}");
    shutdown.trigger();
}
