//! Every step from every state, as a table.

use super::*;
use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::matching::{Agreement, PersonMismatch};
use crate::domain::synthetic::someone;
use std::collections::BTreeSet;

mod walk;

fn twins() -> Vec<Person> {
    vec![someone("双子一郎"), someone("双子二郎")]
}

fn request(purpose: Purpose, chosen: Option<&str>) -> Sent {
    Sent {
        purpose,
        request: "r1".into(),
        file_name: "EMSsiquc01req_r1.xml".into(),
        at_ms: 1,
        delivery: Delivery::Intended,
        chosen: chosen.map(|tag| Box::new(someone(tag))),
        session: None,
    }
}

/// The states of the tables below, by a short name.
fn state(name: &str) -> State {
    use Delivery::{Processing, Taken, Written};
    let sent = |sent: Sent, delivery| State::Sent(Sent { delivery, ..sent });
    let (document, agreement) = (SafeText::from("d1"), Agreement::default());
    let search = || request(Purpose::Search, None);
    let medical = || request(Purpose::Medical, None);
    let of_twin = || request(Purpose::Medical, Some("双子一郎"));
    match name {
        "new" => State::Drafting { because: Because::New },
        "again" => State::Drafting { because: Because::Again },
        "search" => State::Sent(search()),
        "search written" => sent(search(), Written),
        "search taken" => sent(search(), Taken),
        "search processing" => sent(search(), Processing),
        "medical" => State::Sent(medical()),
        "medical written" => sent(medical(), Written),
        "medical taken" => sent(medical(), Taken),
        "medical processing" => sent(medical(), Processing),
        "of twin" => State::Sent(of_twin()),
        "of twin written" => sent(of_twin(), Written),
        "of twin taken" => sent(of_twin(), Taken),
        "of twin processing" => sent(of_twin(), Processing),
        "nobody" => State::NoMatch,
        "too many" => State::TooMany,
        "candidates" => State::Candidates { people: twins() },
        "five candidates" => State::Candidates { people: vec![someone("花子"); 5] },
        "answered" => State::Answered { document, agreement },
        "reading" => State::Reading { document, agreement },
        "rejected" => State::Rejected,
        "mismatch" => State::Mismatch { why: PersonMismatch::Sex },
        "cancelled, pending" => State::Cancelled { outcome: CancelOutcome::Pending },
        "cancelled, unanswered" => State::Cancelled { outcome: CancelOutcome::Unanswered },
        "cancelled, withdrawn" => State::Cancelled { outcome: CancelOutcome::Withdrawn },
        "cancelled, maybe sent" => State::Cancelled { outcome: CancelOutcome::MaybeSent },
        "timed out, pending" => State::TimedOut { outcome: CancelOutcome::Pending },
        "timed out, unanswered" => State::TimedOut { outcome: CancelOutcome::Unanswered },
        "timed out, withdrawn" => State::TimedOut { outcome: CancelOutcome::Withdrawn },
        "timed out, maybe sent" => State::TimedOut { outcome: CancelOutcome::MaybeSent },
        "lost search" => State::DeliveryUnknown(search()),
        "lost medical" => State::DeliveryUnknown(medical()),
        "lost of twin" => State::DeliveryUnknown(of_twin()),
        "failed" => State::Failed { code: "E1".into(), message: "混雑".into() },
        "closed" => State::Closed,
        other => panic!("no such state: {other}"),
    }
}

/// Every step, each refused wherever the table does not name it.
fn steps() -> Vec<(&'static str, Step)> {
    let (document, agreement) = (SafeText::from("d1"), Agreement::default());
    let several = |n: usize| Step::FoundSeveral(vec![someone("花子"); n]);
    let written = Sent { delivery: Delivery::Written, ..request(Purpose::Medical, None) };
    vec![
        ("redraft", Step::Redraft),
        ("send search", Step::Send(request(Purpose::Search, None))),
        ("send medical", Step::Send(request(Purpose::Medical, None))),
        ("send of twin", Step::Send(request(Purpose::Medical, Some("双子一郎")))),
        ("send of stranger", Step::Send(request(Purpose::Medical, Some("トメ")))),
        ("send search of twin", Step::Send(request(Purpose::Search, Some("双子一郎")))),
        ("send as written", Step::Send(written)),
        ("written", Step::Written),
        ("taken", Step::Taken),
        ("processing", Step::Processing),
        ("nobody", Step::FoundNobody),
        ("too many", Step::FoundTooMany),
        ("found 0", several(0)),
        ("found 1", several(1)),
        ("found twins", Step::FoundSeveral(twins())),
        ("found 5", several(5)),
        ("found 6", several(6)),
        ("answer", Step::Answer { document: document.clone(), agreement }),
        ("mismatch", Step::Mismatch(PersonMismatch::Sex)),
        ("fail", Step::Fail { code: "E1".into(), message: "混雑".into() }),
        ("cancel", Step::Cancel),
        ("time out", Step::TimeOut),
        ("withdrawn", Step::Withdrawal(CancelOutcome::Withdrawn)),
        ("maybe sent", Step::Withdrawal(CancelOutcome::MaybeSent)),
        ("unanswered", Step::Withdrawal(CancelOutcome::Unanswered)),
        ("still pending", Step::Withdrawal(CancelOutcome::Pending)),
        ("lost", Step::Lost),
        ("confirm", Step::ConfirmPerson),
        ("reject", Step::RejectPerson),
        ("open late", Step::OpenLate { document, agreement }),
        ("close", Step::Close),
    ]
}

/// What may happen to every request that is out, wherever it got to.
const UNDER_WAY: [(&str, &str); 7] = [
    ("nobody", "nobody"),
    ("too many", "too many"),
    ("answer", "answered"),
    ("mismatch", "mismatch"),
    ("fail", "failed"),
    ("cancel", "cancelled, pending"),
    ("time out", "timed out, pending"),
];
const FOUND: [(&str, &str); 2] = [("found twins", "candidates"), ("found 5", "five candidates")];
/// The one person whom a search found is asked about without a further act of the user.
const FOUND_ONE: [(&str, &str); 2] = [("send of twin", "of twin"), ("send of stranger", "of stranger")];
const LEAVE: [(&str, &str); 2] = [("redraft", "again"), CLOSE];
const CLOSE: (&str, &str) = ("close", "closed");

/// What is possible from a state and where it leads; nothing else is.
fn possible(from: &str) -> Vec<(&'static str, &'static str)> {
    let all = |parts: &[&[(&'static str, &'static str)]]| parts.concat();
    match from {
        "new" | "again" => all(&[
            &LEAVE,
            &[("send search", "search"), ("send medical", "medical"), ("open late", "answered")],
        ]),
        "search" => all(&[
            &UNDER_WAY,
            &FOUND,
            &FOUND_ONE,
            &[
                ("written", "search written"),
                ("taken", "search taken"),
                ("processing", "search processing"),
                ("lost", "lost search"),
            ],
        ]),
        // How far it got never goes back, and what was written cannot be lost.
        "search written" => all(&[
            &UNDER_WAY,
            &FOUND,
            &FOUND_ONE,
            &[("written", "search written"), ("taken", "search taken"), ("processing", "search processing")],
        ]),
        "search taken" => all(&[
            &UNDER_WAY,
            &FOUND,
            &FOUND_ONE,
            &[("written", "search taken"), ("taken", "search taken"), ("processing", "search processing")],
        ]),
        "medical" => all(&[
            &UNDER_WAY,
            &FOUND,
            &[
                ("written", "medical written"),
                ("taken", "medical taken"),
                ("processing", "medical processing"),
                ("lost", "lost medical"),
            ],
        ]),
        "medical processing" => all(&[
            &UNDER_WAY,
            &FOUND,
            &[
                ("written", "medical processing"),
                ("taken", "medical processing"),
                ("processing", "medical processing"),
            ],
        ]),
        // About one person: no list can come of it.
        "of twin" => all(&[
            &UNDER_WAY,
            &[
                ("written", "of twin written"),
                ("taken", "of twin taken"),
                ("processing", "of twin processing"),
                ("lost", "lost of twin"),
            ],
        ]),
        "candidates" => all(&[&LEAVE, &[("send of twin", "of twin")]]),
        "five candidates" | "nobody" | "too many" | "mismatch" | "failed" => LEAVE.to_vec(),
        // Information about somebody is there: what is asked next is another enquiry.
        "answered" => vec![CLOSE, ("confirm", "reading"), ("reject", "rejected")],
        "reading" | "rejected" => vec![CLOSE],
        "cancelled, pending" => vec![
            ("withdrawn", "cancelled, withdrawn"),
            ("maybe sent", "cancelled, maybe sent"),
            ("unanswered", "cancelled, unanswered"),
            ("open late", "answered"),
        ],
        // Its owner may go on, and the truth still counts.
        "cancelled, unanswered" => all(&[
            &LEAVE,
            &[
                ("withdrawn", "cancelled, withdrawn"),
                ("maybe sent", "cancelled, maybe sent"),
                ("open late", "answered"),
            ],
        ]),
        "timed out, pending" => vec![
            ("withdrawn", "timed out, withdrawn"),
            ("maybe sent", "timed out, maybe sent"),
            ("unanswered", "timed out, unanswered"),
            ("open late", "answered"),
        ],
        // Its owner may go on, and the truth still counts.
        "timed out, unanswered" => all(&[
            &LEAVE,
            &[
                ("withdrawn", "timed out, withdrawn"),
                ("maybe sent", "timed out, maybe sent"),
                ("open late", "answered"),
            ],
        ]),
        "cancelled, withdrawn"
        | "cancelled, maybe sent"
        | "timed out, withdrawn"
        | "timed out, maybe sent" => all(&[&LEAVE, &[("open late", "answered")]]),
        // Its owner decides; what is heard of it meanwhile still counts.
        "lost search" => all(&[
            &LEAVE,
            &UNDER_WAY,
            &FOUND,
            &[
                ("send search", "search"),
                ("written", "search written"),
                ("taken", "search taken"),
                ("processing", "search processing"),
                ("lost", "lost search"),
            ],
        ]),
        "lost of twin" => all(&[
            &LEAVE,
            &UNDER_WAY,
            &[
                ("send of twin", "of twin"),
                ("written", "of twin written"),
                ("taken", "of twin taken"),
                ("processing", "of twin processing"),
                ("lost", "lost of twin"),
            ],
        ]),
        "closed" => Vec::new(),
        other => panic!("no table for {other}"),
    }
}

#[test]
fn every_step_from_every_state() {
    let froms = [
        "new",
        "again",
        "search",
        "search written",
        "search taken",
        "medical",
        "medical processing",
        "of twin",
        "nobody",
        "too many",
        "candidates",
        "five candidates",
        "answered",
        "reading",
        "rejected",
        "mismatch",
        "cancelled, pending",
        "cancelled, unanswered",
        "cancelled, withdrawn",
        "cancelled, maybe sent",
        "timed out, pending",
        "timed out, unanswered",
        "timed out, withdrawn",
        "timed out, maybe sent",
        "lost search",
        "lost of twin",
        "failed",
        "closed",
    ];
    for from in froms {
        let possible = possible(from);
        let named: BTreeSet<&str> = possible.iter().map(|(step, _)| *step).collect();
        assert_eq!(named.len(), possible.len(), "{from}: a step twice");
        for (name, step) in steps() {
            let expected = possible.iter().find(|(step, _)| *step == name).map(|(_, to)| match *to {
                "of stranger" => State::Sent(request(Purpose::Medical, Some("トメ"))),
                to => state(to),
            });
            let refused = IllegalStep { state: state(from).label() };
            assert_eq!(state(from).step(step), expected.ok_or(refused), "{from}: {name}");
        }
        assert!(named.iter().all(|name| steps().iter().any(|(step, _)| step == name)), "{from}");
    }
}

#[test]
fn a_refusal_says_where_the_enquiry_stands() {
    let refusal = state("reading").step(Step::Cancel).unwrap_err().to_string();
    assert_eq!(refusal, "この操作はいまの状態（閲覧可）ではできません。画面を更新してください");
}

#[test]
fn a_lost_request_is_sent_again_only_as_it_was() {
    let again = |purpose, chosen| state("lost of twin").step(Step::Send(request(purpose, chosen))).is_ok();
    assert!(again(Purpose::Medical, Some("双子一郎")));
    assert!(!again(Purpose::Medical, Some("双子二郎")));
    assert!(!again(Purpose::Medical, None));
    assert!(!again(Purpose::Search, Some("双子一郎")));
}

#[test]
fn ids() {
    let long = "a".repeat(13);
    let table = [
        ("0123456789ab", true),
        ("zzzzzzzzzzzz", true),
        ("0123456789a", false),
        (&long, false),
        ("0123456789aB", false),
        ("0123456789a/", false),
        ("０123456789", false),
        ("", false),
    ];
    for (text, good) in table {
        assert_eq!(EnquiryId::parse(text).is_ok(), good, "{text}");
        assert_eq!(serde_json::from_value::<EnquiryId>(text.into()).is_ok(), good, "{text}");
    }
}
