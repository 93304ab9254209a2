//! HTTP against a server of a few lines.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use locus_plugin::StepError;
use locus_plugin::services::{HttpRequest, HttpResponse};
use serde_json::json;

use super::support::Bench;
use crate::services::http::MAX_RESPONSE;

/// A server that answers every connection with `answer(request)`; it lives as long as the test's process.
fn serve(
    answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, log, answer) =
                (stream.unwrap(), Arc::clone(&log), Arc::clone(&answer));
            std::thread::spawn(move || {
                let request = read_request(&mut stream);
                log.lock().unwrap().push(request.clone());
                answer(&request, &mut stream);
            });
        }
    });
    (address, seen)
}

/// Head and body, where the length of the body is given.
fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    let _ = stream.write_all(text.as_bytes());
}

fn get(url: &str) -> HttpRequest {
    HttpRequest {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Some(5000),
    }
}

async fn send(request: HttpRequest) -> Result<HttpResponse, StepError> {
    Bench::new(std::path::Path::new("."), &[]).step("k").http(request).await
}

async fn failure(request: HttpRequest) -> (String, bool) {
    let error = send(request).await.unwrap_err();
    (error.code, error.retryable)
}

#[tokio::test]
async fn requests_go_out_and_every_response_comes_back() {
    let (address, seen) = serve(|request, stream| match request.split(' ').nth(1) {
        Some("/fails") => reply(stream, "503 Busy", "x-why: tired\r\nX-Why: bored\r\n", "later"),
        _ => reply(stream, "201 Created", "content-type: application/json\r\n", "{\"id\":7}"),
    });
    let request = HttpRequest {
        method: "POST".to_owned(),
        headers: vec![
            ("Idempotency-Key".to_owned(), "run/k".to_owned()),
            ("x-a".to_owned(), "1".to_owned()),
        ],
        body: json!({ "amount": 1 }).to_string().into_bytes(),
        ..get(&format!("{address}/charges?x=1"))
    };
    let response = send(request).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (201, &b"{\"id\":7}"[..]));
    assert!(response.headers.contains(&("content-type".to_owned(), "application/json".to_owned())));
    let seen = seen.lock().unwrap()[0].clone();
    assert!(seen.starts_with("POST /charges?x=1 HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("idempotency-key: run/k\r\n") && seen.ends_with("{\"amount\":1}"),
        "{seen}"
    );
    assert!(seen.contains("user-agent: locus/"), "{seen}");

    let response = send(get(&format!("{address}/fails"))).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (503, &b"later"[..]));
    let why: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-why").collect();
    assert_eq!(why.len(), 2);
}

#[tokio::test]
async fn redirects_are_followed_so_far() {
    let (address, seen) = serve(|request, stream| {
        let path = request.split(' ').nth(1).unwrap();
        match path.trim_start_matches('/').parse::<u32>() {
            Ok(0) => reply(stream, "200 OK", "", "there"),
            Ok(n) => reply(stream, "302 Found", &format!("location: /{}\r\n", n - 1), ""),
            Err(_) => reply(stream, "302 Found", "location: /round\r\n", ""),
        }
    });
    let response = send(get(&format!("{address}/3"))).await.unwrap();
    assert_eq!(response.body, b"there");
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(
        failure(get(&format!("{address}/round"))).await,
        ("too_many_redirects".to_owned(), false)
    );
}

#[tokio::test]
async fn no_response_is_a_failure_that_says_why() {
    let (address, _) = serve(|request, stream| match request.split(' ').nth(1) {
        Some("/slow") => std::thread::sleep(Duration::from_secs(5)),
        Some("/stalls") => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
            std::thread::sleep(Duration::from_secs(5));
        }
        Some("/cut") => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        }
        _ => {
            let _ = stream.write_all(b"nonsense\r\n\r\n");
        }
    });
    let impatient =
        |path: &str| HttpRequest { timeout: Some(150), ..get(&format!("{address}{path}")) };
    assert_eq!(failure(impatient("/slow")).await, ("timeout".to_owned(), true));
    assert_eq!(failure(impatient("/stalls")).await, ("timeout".to_owned(), true));
    assert_eq!(failure(get(&format!("{address}/cut"))).await, ("connection_lost".to_owned(), true));
    assert_eq!(
        failure(get(&format!("{address}/nonsense"))).await,
        ("connection_lost".to_owned(), true)
    );

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let secret = format!("http://{closed}/?token=hidden");
    let error = send(get(&secret)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("connect_failed", true));
    assert!(!error.message.contains("hidden"), "{error}");
}

#[tokio::test]
async fn requests_that_cannot_be_sent_are_refused() {
    for url in ["", "nowhere", "/path", "ftp://host/x", "http://", "file:///etc/passwd"] {
        assert_eq!(failure(get(url)).await, ("invalid_url".to_owned(), false), "{url}");
    }
    let method = HttpRequest { method: "GE T".to_owned(), ..get("http://127.0.0.1:1/") };
    assert_eq!(failure(method).await, ("invalid_request".to_owned(), false));
    let header = vec![("x".to_owned(), "a\r\nb: c".to_owned())];
    let header = HttpRequest { headers: header, ..get("http://127.0.0.1:1/") };
    assert_eq!(failure(header).await, ("invalid_request".to_owned(), false));
}

#[tokio::test]
async fn large_responses_are_refused() {
    let (address, _) = serve(|request, stream| {
        let declared = request.starts_with("GET /declared");
        let head = if declared {
            format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                MAX_RESPONSE + 1
            )
        } else {
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned()
        };
        let _ = stream.write_all(head.as_bytes());
        let block = vec![b'x'; 1 << 20];
        for _ in 0..17 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    for path in ["declared", "endless"] {
        let answer = failure(get(&format!("{address}/{path}"))).await;
        assert_eq!(answer, ("response_too_large".to_owned(), false), "{path}");
    }
}
