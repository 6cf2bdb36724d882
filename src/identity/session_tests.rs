//! Sessions as stories.

use super::*;
use proptest::prelude::*;

const LIMITS: SessionLimits = SessionLimits { idle_ms: 300_000, longest_ms: 43_200_000 };

fn boot_id() -> BootId {
    BootId("boot-1".into())
}

fn at(boot: u64, id: &BootId) -> Now<'_> {
    Now { wall: UnixSeconds(1_763_856_000), boot: BootMillis(boot), boot_id: id }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn open(first: Factor, id: &BootId) -> Session {
    let token = SessionToken::from_random([3; 32]);
    Session::open(&token, user("dr.sato"), SafeText::new("er-1"), first, &at(1000, id), &LIMITS)
}

#[test]
fn one_factor_is_not_enough_and_two_of_a_kind_are_one() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    let now = at(2000, &id);
    assert!(matches!(session.two_factors(&now), Err(SessionError::TwoFactors(_))));
    session.prove(&user("dr.sato"), Factor::Password, &now, &LIMITS).unwrap();
    assert_eq!(session.factors(), [Factor::Password]);
    session.prove(&user("dr.sato"), Factor::HpkiCard, &now, &LIMITS).unwrap();
    assert_eq!(session.two_factors(&now).unwrap().both(), [Factor::Password, Factor::HpkiCard]);
}

#[test]
fn phases_over_time() {
    let id = boot_id();
    let other = BootId("boot-2".into());
    let mut session = open(Factor::Password, &id);
    let table = [
        (1000, &id, Phase::Live),
        (300_999, &id, Phase::Live),
        (301_000, &id, Phase::Locked(LockCause::Idle)),
        (43_200_999, &id, Phase::Locked(LockCause::Idle)),
        (43_201_000, &id, Phase::Ended),
        (1000, &other, Phase::Ended),
    ];
    for (time, boot, phase) in table {
        assert_eq!(session.phase(&at(time, boot)), phase, "{time}");
    }
    session.touch(&at(200_000, &id), &LIMITS).unwrap();
    assert_eq!(session.phase(&at(499_999, &id)), Phase::Live);
    assert_eq!(session.touch(&at(500_000, &id), &LIMITS), Err(SessionError::Locked));
    assert_eq!(session.touch(&at(43_201_000, &id), &LIMITS), Err(SessionError::Ended));
}

#[test]
fn unlocking_takes_the_same_person_and_both_factors_anew() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    let me = user("dr.sato");
    session.prove(&me, Factor::HpkiCard, &at(2000, &id), &LIMITS).unwrap();
    session.lock(LockCause::CardRemoved, &at(3000, &id));
    let now = at(4000, &id);
    assert_eq!(session.two_factors(&now), Err(SessionError::Locked));
    assert_eq!(
        session.prove(&user("dr.kato"), Factor::Password, &now, &LIMITS),
        Err(SessionError::OtherPerson)
    );
    let locked = Phase::Locked(LockCause::CardRemoved);
    assert_eq!(session.prove(&me, Factor::HpkiCard, &now, &LIMITS), Ok(locked));
    assert_eq!(session.two_factors(&now), Err(SessionError::Locked));
    // Locked anew in between: the first proof is forgotten, the first cause is not.
    session.lock(LockCause::ByHand, &now);
    assert_eq!(session.prove(&me, Factor::Password, &now, &LIMITS), Ok(locked));
    assert_eq!(session.prove(&me, Factor::OneTimePassword, &now, &LIMITS), Ok(Phase::Live));
    assert_eq!(
        session.two_factors(&now).unwrap().both(),
        [Factor::Password, Factor::OneTimePassword],
        "what is declared is what was proved last"
    );
    assert_eq!(session.idle_deadline(), BootMillis(304_000));
}

#[test]
fn an_unnoticed_idle_lock_counts_as_one() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    let me = user("dr.sato");
    session.prove(&me, Factor::SoftwareCard, &at(2000, &id), &LIMITS).unwrap();
    let late = at(400_000, &id);
    let idle = Phase::Locked(LockCause::Idle);
    assert_eq!(session.prove(&me, Factor::SoftwareCard, &late, &LIMITS), Ok(idle));
    assert_eq!(session.prove(&me, Factor::SoftwareCard, &late, &LIMITS), Ok(idle), "twice is once");
    assert_eq!(session.prove(&me, Factor::Password, &late, &LIMITS), Ok(Phase::Live));
}

#[test]
fn a_session_of_one_factor_is_unlocked_by_it_and_still_has_one() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    session.lock(LockCause::ByHand, &at(2000, &id));
    let now = at(3000, &id);
    assert_eq!(session.prove(&user("dr.sato"), Factor::Password, &now, &LIMITS), Ok(Phase::Live));
    assert!(matches!(session.two_factors(&now), Err(SessionError::TwoFactors(_))));
}

#[test]
fn a_password_from_before_a_lock_is_not_known_any_more() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    let me = user("dr.sato");
    assert!(session.knows(&at(2000, &id)));
    assert!(!session.knows(&at(400_000, &id)), "a lock that nobody has noticed is one");
    assert!(!session.knows(&at(43_201_000, &id)), "nor is it in a session that is over");
    session.lock(LockCause::ByHand, &at(2000, &id));
    session.prove(&me, Factor::OneTimePassword, &at(2500, &id), &LIMITS).unwrap();
    assert!(!session.knows(&at(2500, &id)), "something held is not the password");
    session.prove(&me, Factor::Password, &at(2600, &id), &LIMITS).unwrap();
    assert!(session.knows(&at(2700, &id)));
}

#[test]
fn what_proved_a_factor_is_remembered_over_a_lock_and_in_the_store() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    session.note_means(&"k7".into());
    session.note_means(&"k7".into());
    session.lock(LockCause::ByHand, &at(2000, &id));
    let json = serde_json::to_string(&session).unwrap();
    let session: Session = serde_json::from_str(&json).unwrap();
    assert!(session.rests_on(&"k7".into()) && !session.rests_on(&"k8".into()));
    let before = json.replace(r#""means":["k7"],"#, "");
    assert!(serde_json::from_str::<Session>(&before).is_ok(), "a session of an older version is one too");
}

#[test]
fn the_record_survives_the_store() {
    let id = boot_id();
    let mut session = open(Factor::Password, &id);
    session.lock(LockCause::Idle, &at(2000, &id));
    session.prove(&user("dr.sato"), Factor::HpkiCard, &at(2500, &id), &LIMITS).unwrap();
    let json = serde_json::to_string(&session).unwrap();
    assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    assert!(!json.contains(&*SessionToken::from_random([3; 32]).text()));
}

#[derive(Clone, Debug)]
enum Act {
    Prove(Factor),
    Lock,
    Touch,
    Pass(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let factor = prop_oneof![
        Just(Factor::Password),
        Just(Factor::HpkiCard),
        Just(Factor::SoftwareCard),
        Just(Factor::OneTimePassword)
    ];
    let act = prop_oneof![
        4 => factor.prop_map(Act::Prove),
        1 => Just(Act::Lock),
        1 => Just(Act::Touch),
        2 => (0u64..400_000).prop_map(Act::Pass),
    ];
    prop::collection::vec(act, 0..60)
}

proptest! {
    /// After any lock, two factors count again only once a password and something held were proved after it.
    #[test]
    fn nothing_from_before_a_lock_counts(acts in acts()) {
        let id = boot_id();
        let mut session = open(Factor::Password, &id);
        let mut time = 1000;
        let mut since_lock = vec![Factor::Password];
        for act in acts {
            if !matches!(session.phase(&at(time, &id)), Phase::Live) && session.lock.is_none() {
                since_lock.clear();
            }
            match act {
                Act::Prove(factor) => {
                    if session.prove(&user("dr.sato"), factor, &at(time, &id), &LIMITS).is_ok() {
                        since_lock.push(factor);
                    }
                }
                Act::Lock => {
                    session.lock(LockCause::ByHand, &at(time, &id));
                    since_lock.clear();
                }
                Act::Touch => { let _ = session.touch(&at(time, &id), &LIMITS); }
                Act::Pass(ms) => time += ms,
            }
            if session.two_factors(&at(time, &id)).is_ok() {
                prop_assert!(TwoFactors::of(&since_lock).is_ok(), "{since_lock:?}");
            }
        }
    }
}
