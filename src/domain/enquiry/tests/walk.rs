//! Random walks: whatever happens in whatever order, some things never do.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;

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
        CancelOutcome::Unanswered,
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
