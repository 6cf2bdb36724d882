use super::*;
use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::matching::{Agreement, PersonMismatch};
use crate::domain::synthetic::someone;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;

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
        "cancelled, withdrawn" => State::Cancelled { outcome: CancelOutcome::Withdrawn },
        "cancelled, maybe sent" => State::Cancelled { outcome: CancelOutcome::MaybeSent },
        "timed out, pending" => State::TimedOut { outcome: CancelOutcome::Pending },
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
const LEAVE: [(&str, &str); 2] = [("redraft", "again"), ("close", "closed")];

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
        "five candidates" | "nobody" | "too many" | "reading" | "rejected" | "mismatch" | "failed" => {
            LEAVE.to_vec()
        }
        "answered" => all(&[&LEAVE, &[("confirm", "reading"), ("reject", "rejected")]]),
        "cancelled, pending" => vec![
            ("withdrawn", "cancelled, withdrawn"),
            ("maybe sent", "cancelled, maybe sent"),
            ("open late", "answered"),
        ],
        "timed out, pending" => vec![
            ("withdrawn", "timed out, withdrawn"),
            ("maybe sent", "timed out, maybe sent"),
            ("open late", "answered"),
        ],
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
        "cancelled, withdrawn",
        "cancelled, maybe sent",
        "timed out, pending",
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

// ---- random walks -----------------------------------------------------------------------------------

fn a_person() -> impl Strategy<Value = Person> {
    prop::sample::select(vec!["双子一郎", "双子二郎", "双子の妹", "枝番なし", "太郎"]).prop_map(someone)
}

fn a_request() -> impl Strategy<Value = Sent> {
    let purpose = prop_oneof![Just(Purpose::Search), Just(Purpose::Medical)];
    let delivery = prop_oneof![6 => Just(Delivery::Intended), 1 => Just(Delivery::Taken)];
    (purpose, "r[0-9]{3}", delivery, prop::option::of(a_person())).prop_map(
        |(purpose, id, delivery, chosen)| Sent {
            request: id.as_str().into(),
            delivery,
            chosen: chosen.map(Box::new),
            ..request(purpose, None)
        },
    )
}

fn a_step() -> impl Strategy<Value = Step> {
    let document = || {
        ("d[0-9]{3}", any::<bool>()).prop_map(|(id, name_not_in_key)| {
            (SafeText::from(id), Agreement { name_not_in_key, ..Agreement::default() })
        })
    };
    let withdrawal = prop::sample::select(vec![
        CancelOutcome::Withdrawn,
        CancelOutcome::MaybeSent,
        CancelOutcome::Pending,
    ]);
    prop_oneof![
        3 => Just(Step::Redraft),
        8 => a_request().prop_map(Step::Send),
        1 => Just(Step::Written),
        1 => Just(Step::Taken),
        1 => Just(Step::Processing),
        1 => Just(Step::FoundNobody),
        1 => Just(Step::FoundTooMany),
        3 => prop::collection::vec(a_person(), 0..8).prop_map(Step::FoundSeveral),
        2 => document().prop_map(|(document, agreement)| Step::Answer { document, agreement }),
        1 => Just(Step::Mismatch(PersonMismatch::Name)),
        1 => ("E[0-9]", "\\PC{0,9}").prop_map(|(code, message)| Step::Fail {
            code: code.into(),
            message: message.into(),
        }),
        1 => Just(Step::Cancel),
        1 => Just(Step::TimeOut),
        2 => withdrawal.prop_map(Step::Withdrawal),
        2 => Just(Step::Lost),
        3 => Just(Step::ConfirmPerson),
        1 => Just(Step::RejectPerson),
        1 => document().prop_map(|(document, agreement)| Step::OpenLate { document, agreement }),
        1 => prop::bool::weighted(0.1).prop_map(|end| if end { Step::Close } else { Step::Written }),
    ]
}

/// What must hold between two states, whatever the step was. `last` is the request last accepted.
fn check(before: &State, step: &Step, after: &State, last: Option<&Sent>) {
    match after {
        State::Reading { document, agreement } => {
            assert_eq!(step, &Step::ConfirmPerson);
            let answered = State::Answered { document: document.clone(), agreement: *agreement };
            assert_eq!(before, &answered, "read without a person's confirmation");
        }
        State::Answered { document, .. } => match step {
            Step::Answer { document: brought, .. } => {
                assert!(before.awaiting().is_some());
                assert_eq!(document, brought);
            }
            Step::OpenLate { document: brought, .. } => assert_eq!(document, brought),
            other => panic!("answered by {other:?}"),
        },
        State::Candidates { people } => {
            assert!((2..=5).contains(&people.len()));
            assert!(before.awaiting().is_some_and(|sent| sent.chosen.is_none()));
        }
        _ => {}
    }
    if let Some(out) = after.awaiting() {
        let last = last.expect("a request is out that nobody sent");
        assert_eq!(Sent { delivery: out.delivery, ..last.clone() }, *out, "another request than was sent");
        if !matches!(step, Step::Send(_)) {
            let was = before.awaiting().expect("sent again without a Send");
            assert!(was.delivery <= out.delivery, "it cannot have got less far");
        }
    }
    if let Step::Send(sent) = step {
        assert_eq!(sent.delivery, Delivery::Intended);
        let chosen = sent.chosen.as_deref();
        match before {
            State::Drafting { .. } => assert_eq!(chosen, None),
            State::Candidates { people } => assert!(people.contains(chosen.expect("nobody was chosen"))),
            State::Sent(search) => assert_eq!(search.purpose, Purpose::Search),
            State::DeliveryUnknown(unsure) => assert_eq!(chosen, unsure.chosen.as_deref()),
            other => panic!("sent from {other:?}"),
        }
    }
    if matches!(before, State::DeliveryUnknown(_)) && matches!(after, State::Sent(_)) {
        let heard = matches!(step, Step::Written | Step::Taken | Step::Processing);
        assert!(heard || matches!(step, Step::Send(_)), "sent again by the program");
    }
    assert_ne!(before, &State::Closed, "closed is final");
}

#[test]
fn whatever_happens() {
    let reached = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let walk = prop::collection::vec(a_step(), 0..80);
    let walked = runner.run(&walk, |steps| {
        let id = EnquiryId::parse("0123456789ab").unwrap();
        let owner = UserId::parse("doctor1").unwrap();
        let mut enquiry = Enquiry::open(id, CaseNumber::parse("20261123-001").unwrap(), owner, 1);
        let mut last = None;
        for step in steps {
            let before = enquiry.clone();
            let taken = enquiry.take(step.clone());
            if taken.is_err() {
                prop_assert_eq!(&enquiry, &before, "a refused step changed something");
                continue;
            }
            if let Step::Send(sent) = &step {
                last = Some(sent.clone());
            }
            check(&before.state, &step, &enquiry.state, last.as_ref());
            prop_assert_eq!(Enquiry { state: before.state.clone(), ..enquiry.clone() }, before);
            let stored = serde_json::to_vec(&enquiry).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Enquiry>(&stored).unwrap(), enquiry.clone());
            reached.borrow_mut().insert(enquiry.state.label());
        }
        Ok(())
    });
    walked.unwrap();
    // The walks must come by every state, or they would prove nothing of it.
    let everywhere: BTreeSet<&str> = [
        "new",
        "search",
        "nobody",
        "too many",
        "candidates",
        "answered",
        "reading",
        "rejected",
        "mismatch",
        "cancelled, pending",
        "timed out, pending",
        "lost search",
        "failed",
        "closed",
    ]
    .map(|name| state(name).label())
    .into();
    assert_eq!(everywhere.len(), 14);
    assert_eq!(*reached.borrow(), everywhere);
}
