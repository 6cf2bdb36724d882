//! What is no act at all: bytes that nobody should send, lines that do not read, too many of them.

use crate::support::audit::Audit;
use crate::support::card::password;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::protocol::{
    ClientFrame, Event, Hello, IdempotencyKey, RefusalCode, Reply, Request, Secret, StationFrame, VERSION,
    frame,
};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A line on which bytes can be written as they are.
struct Raw(UnixStream);

impl Raw {
    fn connect(site: &Site) -> Self {
        let stream = UnixStream::connect(site.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        Self(stream)
    }

    /// A line that has said hello.
    fn greeted(site: &Site) -> Self {
        let mut raw = Self::connect(site);
        raw.say(&ClientFrame::Hello(Hello { version: VERSION, resume: None }));
        assert!(matches!(raw.hear(), StationFrame::Welcome(_)));
        raw
    }

    /// A line that is logged in.
    fn logged_in(site: &Site) -> Self {
        let mut raw = Self::greeted(site);
        let login = Request::Login { user: "sato".into(), password: Secret::new(PASSWORD.into()) };
        raw.ask(1, login);
        assert!(matches!(raw.hear(), StationFrame::Answer { outcome: Ok(_), .. }));
        raw
    }

    fn say(&mut self, frame: &ClientFrame) {
        frame::write(&mut self.0, frame).unwrap();
    }

    fn ask(&mut self, number: u64, request: Request) {
        let idempotency = IdempotencyKey::from_bits(u128::from(number).to_be_bytes());
        self.say(&ClientFrame::Ask { number, idempotency, request: Box::new(request) });
    }

    fn body(&mut self, body: &[u8]) {
        self.0.write_all(&u32::try_from(body.len()).unwrap().to_be_bytes()).unwrap();
        self.0.write_all(body).unwrap();
    }

    fn hear(&mut self) -> StationFrame {
        frame::read(&mut self.0).unwrap()
    }

    fn refused(&mut self) {
        match self.hear() {
            StationFrame::Answer { number: 0, outcome: Err(refusal) } => {
                assert_eq!(refusal.code, RefusalCode::BadRequest);
            }
            other => panic!("{other:?}"),
        }
    }

    /// The station ended the line.
    fn over(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0))
    }
}

#[test]
fn frames_that_are_none_are_refused_and_on_record_and_the_line_goes_on_where_it_can() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let key = "AAAAAAAAAAAAAAAAAAAAAA";
    let ask = |request: &str| {
        format!(r#"{{"ask":{{"number":7,"idempotency":"{key}","request":{request}}}}}"#).into_bytes()
    };
    let garbage: [Vec<u8>; 9] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"null".to_vec(),
        ask(r#""grant_everything""#),
        ask(r#"{"show_enquiry":{"enquiry":"../../etc"}}"#),
        ask(r#"{"set_permission":{"user":"Sato; drop","permission":"everything","granted":true}}"#),
        ask(r#""home""#).iter().copied().chain(*b"}").collect(),
        br#"{"ask":{"number":7,"idempotency":"short","request":"home"}}"#.to_vec(),
    ];
    let mut raw = Raw::logged_in(&site);
    for (n, body) in garbage.iter().enumerate() {
        let mark = audit.mark();
        raw.body(body);
        raw.refused();
        if [0, 8].contains(&n) {
            let line = audit.lines().into_iter().find(|l| l.seq > mark && l.kind.as_str() == "refusal");
            assert_eq!(line.unwrap().user.as_str(), "sato", "{}", String::from_utf8_lossy(body));
        }
        if n == 6 {
            raw.ask(8, Request::Home);
            assert!(matches!(raw.hear(), StationFrame::Answer { number: 8, outcome: Ok(_) }), "it goes on");
        }
        if n == 7 {
            // There must be an end; the first was an entry of its own, the others are counted.
            assert!(raw.over());
            assert_eq!(audit.find("refusals_counted", "さらに7回").user.as_str(), "sato");
            raw = Raw::logged_in(&site);
        }
    }
    // A second hello is no act either.
    raw.say(&ClientFrame::Hello(Hello { version: VERSION, resume: None }));
    raw.refused();
}

#[test]
fn frames_that_cannot_be_skipped_end_the_line_and_its_session() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    // Announced too long; begun and never finished; begun and cut.
    let half = |body: &[u8]| [&100_u32.to_be_bytes()[..], body].concat();
    let endings: [(Vec<u8>, bool); 3] = [
        (u32::try_from(frame::MAX + 1).unwrap().to_be_bytes().to_vec(), false),
        (u32::MAX.to_be_bytes().to_vec(), false),
        (half(b"{\"ask\""), true),
    ];
    for (bytes, cut) in endings {
        let mark = audit.mark();
        let mut raw = Raw::logged_in(&site);
        raw.0.write_all(&bytes).unwrap();
        if cut {
            raw.0.shutdown(Shutdown::Write).unwrap();
        }
        raw.refused();
        assert!(raw.over());
        audit.find("session_ended", "回線断");
        let kinds = audit.kinds_since(mark);
        assert!(kinds.contains(&"refusal".to_owned()), "{kinds:?}");
    }
}

#[test]
fn a_line_begins_with_the_right_hello_or_not_at_all() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let hello = |version| serde_json::to_vec(&ClientFrame::Hello(Hello { version, resume: None })).unwrap();
    let ask = br#"{"ask":{"number":1,"idempotency":"AAAAAAAAAAAAAAAAAAAAAA","request":"home"}}"#;
    for body in [hello(VERSION + 1), hello(0), ask.to_vec(), b"GET / HTTP/1.1".to_vec()] {
        let mark = audit.mark();
        let mut raw = Raw::connect(&site);
        raw.body(&body);
        raw.refused();
        assert!(raw.over());
        assert_eq!(audit.kinds_since(mark), ["refusal"], "{}", String::from_utf8_lossy(&body));
    }
    let other = Client::connect_as(&site.socket(), Hello { version: VERSION + 1, resume: None });
    let Err(ClientFault::Refused(refusal)) = other else { panic!("{other:?}") };
    assert!(refusal.words.as_str().contains("版が違います"), "{refusal}");
}

#[test]
fn a_token_that_is_not_a_sessions_resumes_nothing() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let (mut client, mut token) = (Client::connect(&site.socket()).unwrap(), None);
    let login = Request::Login { user: "sato".into(), password: Secret::new(PASSWORD.into()) };
    if let Reply::LoggedIn { token: own, .. } = client.ask(login).unwrap() {
        token = Some(own);
    }
    let own = token.unwrap().expose().to_owned();
    let last = if own.ends_with('0') { '1' } else { '0' };
    let close = format!("{}{last}", &own[..own.len() - 1]);
    for wrong in [close, "0".repeat(64), "短い".to_owned(), String::new()] {
        let mark = audit.mark();
        let hello = Hello { version: VERSION, resume: Some(Secret::new(wrong)) };
        let mut stranger = Client::connect_as(&site.socket(), hello).unwrap();
        assert!(stranger.welcome().session.is_none());
        let Err(ClientFault::Refused(refusal)) = stranger.ask(Request::Home) else { panic!() };
        assert_eq!(refusal.code, RefusalCode::NoSession);
        assert_eq!(audit.kinds_since(mark), ["refusal", "refusal"], "the resume and the act");
    }
}

#[test]
fn a_session_goes_on_where_its_token_is_and_the_first_line_ends() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let mut first = Raw::greeted(&site);
    first.ask(1, Request::Login { user: "sato".into(), password: Secret::new(PASSWORD.into()) });
    let StationFrame::Answer { outcome: Ok(reply), .. } = first.hear() else { panic!() };
    let Reply::LoggedIn { token, session } = *reply else { panic!() };
    let hello = Hello { version: VERSION, resume: Some(token) };
    let mut second = Client::connect_as(&site.socket(), hello).unwrap();
    assert_eq!(second.welcome().session.as_ref().map(|s| s.id.clone()), Some(session.id));
    assert!(first.over(), "one session, one line");
    std::thread::sleep(Duration::from_millis(200));
    assert!(second.ask(Request::Home).is_ok(), "the end of the first took nothing from the second");
    audit.find("session_resumed", "");
}

#[test]
fn strangers_who_say_nothing_do_not_keep_others_out() {
    let site = Site::running();
    let crowd: Vec<UnixStream> = (0..1_000).filter_map(|_| UnixStream::connect(site.socket()).ok()).collect();
    assert!(crowd.len() > 500);
    // They are turned away, or given up after a few seconds; then there is a place.
    let deadline = Instant::now() + Duration::from_secs(10);
    while Client::connect(&site.socket()).is_err() {
        assert!(Instant::now() < deadline, "nobody gets in");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(crowd);
    let mut client = Client::connect(&site.socket()).unwrap();
    assert!(password(&mut client, "sato", PASSWORD).is_ok());
}

#[test]
fn with_few_descriptors_fewer_lines_are_taken_and_those_that_are_here_are_served() {
    let mut site = Site::new();
    site.start_linksim(&["--delay-ms", "50"]);
    // 32 lines, eight of them for one user of the host, which is all of us.
    site.start_station_with_descriptors(96);
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let crowd: Vec<UnixStream> = (0..1_000).filter_map(|_| UnixStream::connect(site.socket()).ok()).collect();
    assert!(crowd.len() > 500);
    // Store, folder, files and pushes have what they need.
    let (enquiry, stage) = sato.outcome(crate::support::patients::patient("P01").certificate());
    assert_eq!(stage, kyukyu::protocol::view::Stage::Answered);
    sato.same_person(&enquiry);
    sato.read(&enquiry, kyukyu::domain::period::Section::Drugs);
    audit.find("refusals_counted", "同じユーザーからの接続が多すぎます");
    drop(crowd);
    // Those that say who they are keep their places; the next one is told why it gets none.
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    let refusal = loop {
        assert!(Instant::now() < deadline, "{} lines of one user", lines.len());
        match Client::connect(&site.socket()) {
            Ok(client) => lines.push(client),
            Err(ClientFault::Refused(refusal)) if lines.len() >= 6 => break refusal,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!((lines.len(), refusal.code), (6, RefusalCode::Unavailable));
    assert!(refusal.words.as_str().contains("使っていない画面を閉じて"), "{refusal}");
    lines.pop();
    let deadline = Instant::now() + Duration::from_secs(5);
    while Client::connect(&site.socket()).is_err() {
        assert!(Instant::now() < deadline, "a place that was left stays taken");
    }
    sato.ask(Request::Home);
}

#[test]
fn who_does_not_read_is_cut_off_and_others_are_served() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let mut deaf = Raw::logged_in(&site);
    // Asks for page after page and reads none of them; after a while nothing more can be written either.
    deaf.0.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut sato = Person::sato(&site);
    for number in 0..20_000 {
        let ask = ClientFrame::Ask {
            number,
            idempotency: IdempotencyKey::from_bits(u128::from(number).to_be_bytes()),
            request: Box::new(Request::ReadLog { before: Some(u64::MAX), own: true }),
        };
        if frame::write(&mut deaf.0, &ask).is_err() {
            break;
        }
        if number % 50 == 0 {
            let asked = Instant::now();
            sato.ask(Request::Home);
            assert!(asked.elapsed() < Duration::from_secs(2), "others wait {:?}", asked.elapsed());
        }
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let ended = audit.lines().iter().any(|line| line.kind.as_str() == "session_ended");
        if ended {
            break;
        }
        assert!(Instant::now() < deadline, "the line is kept for ever");
        std::thread::sleep(Duration::from_millis(200));
    }
    sato.ask(Request::Home);
}

#[test]
fn events_reach_their_person_and_nobody_else() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let mut stranger = Client::connect(&site.socket()).unwrap();
    let (enquiry, _) = sato.outcome(crate::support::patients::patient("P01").certificate());
    let heard = |client: &mut Client| {
        let mut events = Vec::new();
        while let Some(event) = client.event(Duration::from_millis(300)).unwrap() {
            events.push(event);
        }
        events
    };
    for client in [&mut tanaka.client, &mut stranger] {
        let events = heard(client);
        assert!(events.iter().all(|e| matches!(e, Event::HomeChanged | Event::Link(_))), "{events:?}");
    }
    let _ = enquiry;
}
