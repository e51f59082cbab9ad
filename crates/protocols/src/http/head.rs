//! Heads of requests and responses: what is kept of them, and how their bodies end (RFC 9110, RFC 9112).
//!
//! What is kept is listed here. Never the value of a query, a cookie or a credential.

use crate::http::body::Framing;
use crate::oddities::{Oddities, Oddity};
use httparse::{EMPTY_HEADER, Header, ParserConfig, Status};
use memchr::memchr;
use model::Text;

/// Most header lines that are read strictly; of heads with more, the lines are read one by one.
pub const MOST_HEADERS: usize = 128;

/// What is kept of a request.
#[derive(Debug, Default)]
pub struct Request {
    /// Method.
    pub method: Text,
    /// Host asked for, in lower case, with its port if it was given.
    pub host: Text,
    /// Path without the query.
    pub path: Text,
    /// Bytes of the query behind the question mark.
    pub query_bytes: u32,
    /// User agent.
    pub user_agent: Text,
    /// Host of the page that led here.
    pub referrer_host: Text,
    /// Media type of the body.
    pub content_type: Text,
    /// Version: 9, 10 or 11.
    pub version: u8,
    /// How its body ends.
    pub framing: Option<Framing>,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

/// What is kept of a response.
#[derive(Debug, Default)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: Text,
    /// Version: 9, 10 or 11.
    pub version: u8,
    /// How its body ends if it has one and its head says so.
    pub framing: Option<Framing>,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

/// Where the head at the front of `bytes` ends, looking from `from` on; else where to look from next time.
pub fn find_end(bytes: &[u8], from: usize) -> Result<usize, usize> {
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        at += found;
        match &bytes[at + 1..] {
            [b'\n', ..] => return Ok(at + 2),
            [b'\r', b'\n', ..] => return Ok(at + 3),
            [] | [b'\r'] => return Err(at),
            _ => at += 1,
        }
    }
    Err(bytes.len())
}

impl Request {
    /// Reads a head: strictly first, and line by line if it breaks the grammar.
    pub fn read(head: &[u8]) -> Self {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let outcome = ParserConfig::default().parse_request(&mut parsed, head);
        if matches!(outcome, Ok(Status::Complete(_))) {
            let (method, target) =
                (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
            let mut request = Self::of(method.as_bytes(), target.as_bytes());
            request.version = 10 + parsed.version.unwrap_or_default();
            request.read_headers(parsed.headers);
            return request;
        }
        let mut request = Self::read_lines(head);
        if is_malformed(outcome) && request.version != 9 {
            request.oddities.add(Oddity::Malformed);
        }
        request
    }

    fn read_lines(head: &[u8]) -> Self {
        let (line, headers) = lines_of(head);
        let words: Vec<&[u8]> =
            line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let mut request = Self::of(word(0), word(1));
        if head.contains(&b'\n') {
            request.version = version_in(words.last().copied().unwrap_or_default());
        }
        request.read_headers(&headers);
        request
    }

    fn of(method: &[u8], target: &[u8]) -> Self {
        let mut request = Self { method: Text::from_bytes(method), ..Self::default() };
        if method == b"CONNECT" {
            request.host = host(target);
            return request;
        }
        let target = match find(target, b"://") {
            Some(scheme) if !target.starts_with(b"/") => {
                let rest = &target[scheme + 3..];
                let end = rest
                    .iter()
                    .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
                    .unwrap_or(rest.len());
                request.host = host(&rest[..end]);
                &rest[end..]
            }
            _ => target,
        };
        let (path, query) = match memchr(b'?', target) {
            Some(mark) => (&target[..mark], &target[mark + 1..]),
            None => (target, [].as_slice()),
        };
        request.path = Text::from_bytes(without_session(path));
        request.query_bytes = query.len() as u32;
        request
    }

    fn read_headers(&mut self, headers: &[Header<'_>]) {
        let mut length = Length::default();
        for header in headers {
            let value = header.value;
            match () {
                () if is(header, "host") => self.host = host(value),
                () if is(header, "user-agent") => self.user_agent = Text::from_bytes(value),
                () if is(header, "referer") => self.referrer_host = referrer_host(value),
                () if is(header, "content-type") => self.content_type = media_type(value),
                () => length.read(header),
            }
        }
        self.framing = Some(length.framing(&mut self.oddities).unwrap_or(Framing::None));
    }
}

impl Response {
    /// Reads a head: strictly first, and line by line if it breaks the grammar.
    pub fn read(head: &[u8]) -> Self {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let mut config = ParserConfig::default();
        config
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true);
        let outcome = config.parse_response(&mut parsed, head);
        let mut response = Self::default();
        if matches!(outcome, Ok(Status::Complete(_))) {
            response.status = parsed.code.unwrap_or_default();
            response.version = 10 + parsed.version.unwrap_or_default();
            response.read_headers(parsed.headers);
            return response;
        }
        let (line, headers) = lines_of(head);
        response.status = status_in(line);
        response.version = version_in(line);
        response.read_headers(&headers);
        if is_malformed(outcome) {
            response.oddities.add(Oddity::Malformed);
        }
        response
    }

    /// How the body of the response to a request with `method` ends (RFC 9112 6.3).
    pub fn framing_after(&self, method: &str) -> Framing {
        match (method, self.status) {
            ("HEAD", _) | (_, 100..=199 | 204 | 304) => Framing::None,
            _ => self.framing.unwrap_or(Framing::UntilClose),
        }
    }

    fn read_headers(&mut self, headers: &[Header<'_>]) {
        let mut length = Length::default();
        for header in headers {
            if is(header, "content-type") {
                self.content_type = media_type(header.value);
            } else {
                length.read(header);
            }
        }
        self.framing = length.framing(&mut self.oddities);
    }
}

/// What the headers say of the body's length.
#[derive(Default)]
struct Length {
    content: Option<u64>,
    is_chunked: bool,
    has_coding: bool,
    is_ambiguous: bool,
    is_malformed: bool,
}

impl Length {
    fn read(&mut self, header: &Header<'_>) {
        if is(header, "content-length") {
            for value in header.value.split(|byte| *byte == b',') {
                let digits = value.trim_ascii();
                let length =
                    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                self.is_malformed |= length.is_none() || !digits.iter().all(u8::is_ascii_digit);
                self.is_ambiguous |= self.content.is_some() && length != self.content;
                self.content = self.content.or(length);
            }
        } else if is(header, "transfer-encoding") {
            self.has_coding = true;
            let last = header.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            self.is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        }
    }

    fn framing(&self, oddities: &mut Oddities) -> Option<Framing> {
        if self.is_ambiguous || self.has_coding && self.content.is_some() {
            oddities.add(Oddity::AmbiguousLength);
        }
        if self.is_malformed {
            oddities.add(Oddity::Malformed);
        }
        match self.content {
            _ if self.is_chunked => Some(Framing::Chunked),
            _ if self.has_coding => Some(Framing::UntilClose),
            length => length.map(Framing::Length),
        }
    }
}

fn is(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// Whether a head breaks the grammar, rather than off or the bound of the strict reading.
fn is_malformed(outcome: httparse::Result<usize>) -> bool {
    outcome.is_err_and(|error| error != httparse::Error::TooManyHeaders)
}

/// First line, and every other line that has a name and a colon, however odd.
fn lines_of(head: &[u8]) -> (&[u8], Vec<Header<'_>>) {
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default().trim_ascii();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_at(memchr(b':', line)?);
        let name = std::str::from_utf8(name.trim_ascii()).ok()?;
        Some(Header { name, value: value[1..].trim_ascii() })
    });
    (first, headers.collect())
}

fn status_in(line: &[u8]) -> u16 {
    let word =
        line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).nth(1).unwrap_or_default();
    std::str::from_utf8(word).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// 10 or 11 from what begins with `HTTP/1.`; 9 if nothing does.
fn version_in(text: &[u8]) -> u8 {
    match text.strip_prefix(b"HTTP/1.") {
        Some([b'0', ..]) => 10,
        Some(_) => 11,
        None => 9,
    }
}

/// Host and port of an authority, without the user before them.
fn host(authority: &[u8]) -> Text {
    let host = authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
    Text::from_bytes(&host.trim_ascii().to_ascii_lowercase())
}

fn referrer_host(url: &[u8]) -> Text {
    let Some(scheme) = find(url, b"://") else { return Text::default() };
    let rest = &url[scheme + 3..];
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    host(&rest[..end])
}

/// The media type without its parameters.
fn media_type(value: &[u8]) -> Text {
    let kind = value.split(|byte| *byte == b';').next().unwrap_or_default();
    Text::from_bytes(&kind.trim_ascii().to_ascii_lowercase())
}

/// A path up to where a session id is written into it, as Java servers do.
fn without_session(path: &[u8]) -> &[u8] {
    const MARK: &[u8] = b";jsessionid=";
    let at = path.windows(MARK.len()).position(|window| window.eq_ignore_ascii_case(MARK));
    &path[..at.unwrap_or(path.len())]
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_cookies_and_credentials_are_not_kept() {
        let request = Request::read(
            b"GET http://user:hidden1@Bank.Example:8080/pay;jsessionid=hidden2?pin=hidden3 HTTP/1.1\r\n\
              Host: Bank.Example:8080\r\nAuthorization: Basic hidden4\r\nCookie: a=hidden5\r\n\
              Referer: https://u:hidden6@other.example/x?hidden7\r\nUser-Agent: curl/8\r\n\r\n",
        );
        assert_eq!((request.host.as_str(), request.path.as_str()), ("bank.example:8080", "/pay"));
        assert_eq!((request.query_bytes, request.referrer_host.as_str()), (11, "other.example"));
        assert!(!format!("{request:?}").contains("hidden"), "{request:?}");
    }

    #[test]
    fn two_lengths_are_noted() {
        for (headers, framing, is_ambiguous) in [
            ("Content-Length: 5\r\n", Framing::Length(5), false),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", Framing::Length(5), false),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", Framing::Length(5), true),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Framing::Chunked, true),
            ("Transfer-Encoding: gzip, chunked\r\n", Framing::Chunked, false),
            ("", Framing::None, false),
        ] {
            let request = Request::read(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes());
            assert_eq!(request.framing, Some(framing), "{headers}");
            assert_eq!(request.oddities.has(Oddity::AmbiguousLength), is_ambiguous, "{headers}");
        }
    }

    /// RFC 9112 6.3, rules 1 to 8.
    #[test]
    fn some_responses_have_no_body_whatever_they_say() {
        let framing = |head: &str, method| Response::read(head.as_bytes()).framing_after(method);
        assert_eq!(framing("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD"), Framing::None);
        assert_eq!(framing("HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", "GET"), Framing::None);
        assert_eq!(
            framing("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "GET"),
            Framing::Length(9)
        );
        assert_eq!(framing("HTTP/1.0 200 OK\r\n\r\n", "GET"), Framing::UntilClose);
    }

    #[test]
    fn the_end_of_a_head_is_found_in_any_cut() {
        let head = b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest";
        for cut in 0..head.len() {
            let from = find_end(&head[..cut], 0);
            match from {
                Ok(end) => assert_eq!(end, 24),
                Err(from) => assert_eq!(find_end(head, from), Ok(24), "cut at {cut}"),
            }
        }
    }
}
