//! One-time passwords over the raw socket (A3, A7): what a code opens, what it does not, and how tokens end.

use crate::support::audit::{Audit, entries};
use crate::support::card::{log_in, password};
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use crate::support::token::{Device, begun, confirm, emergency, enrol, issue, one_time, step_now, user};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::factor::Factor;
use kyukyu::domain::{Permission, SafeText};
use kyukyu::log::Act;
use kyukyu::protocol::view::{RecoveryView, SessionView, Stage, TokenView};
use kyukyu::protocol::{Event, RefusalCode, Reply, Request, Secret};
use kyukyu::store::{StoreError, Table};
use std::time::{Duration, Instant};

/// Password and the next code.
fn log_in_with(site: &Site, id: &str, device: &mut Device) -> Person {
    let mut person = Person::with_password(site, id);
    person.session = proved(&mut person, &device.next());
    person
}

fn proved(person: &mut Person, code: &str) -> SessionView {
    match person.ask(one_time(code)) {
        Reply::Session(session) => session,
        other => panic!("{other:?}"),
    }
}

fn tokens(admin: &mut Person) -> Vec<TokenView> {
    match admin.ask(Request::ListTokens { user: None, after: None }) {
        Reply::Tokens { tokens, more: false } => tokens,
        other => panic!("{other:?}"),
    }
}

fn recovery(admin: &mut Person) -> RecoveryView {
    match admin.ask(Request::RecoveryStatus) {
        Reply::Recovery(view) => view,
        other => panic!("{other:?}"),
    }
}

fn declare() -> Request {
    Request::DeclareRecovery {
        words: "リーダーを交換し、カードでの認証を確認した".into()
    }
}

fn revoke(id: &str, token: &SafeText) -> Request {
    Request::RevokeToken { user: user(id), token: token.clone(), reason: "紛失".into() }
}

/// Waits out the pause after a failure.
fn pause(seconds: u64) {
    std::thread::sleep(Duration::from_millis(seconds * 1000 + 50));
}

fn ended_words(person: &mut Person) -> String {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        if let Ok(Some(Event::Ended { words })) = person.client.event(Duration::from_millis(100)) {
            return words.to_string();
        }
    }
    panic!("the screen was told nothing")
}

#[test]
fn a_token_takes_the_cards_place_and_is_declared_as_what_it_is() {
    let mut site = Site::new();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let (token, mut device) = enrol(&mut kanri, "sato");
    let mut half = Person::with_password(&site, "sato");
    assert!(half.session.has_token && !half.session.two_factors);
    half.refused_as(Request::FaceResults, RefusalCode::OneFactor);
    let mut sato = log_in_with(&site, "sato", &mut device);
    assert_eq!(sato.session.factors, [Factor::Password, Factor::OneTimePassword]);
    assert!(sato.session.may_enquire);
    let enquiry = sato.ask_for(patient("P01").certificate());
    let mut audit = Audit::new(&site);
    for (kind, words) in [
        ("token_secret_shown", token.as_str()),
        ("token_enrolled", token.as_str()),
        ("token_accepted", token.as_str()),
        ("request_intended", "PW＋OTP"),
        ("request_written", ""),
    ] {
        audit.find(kind, words);
    }
    let written = std::fs::read_dir(site.exchange().join("req")).unwrap();
    let files: Vec<Vec<u8>> = written.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert_eq!(files.len(), 1);
    let text = String::from_utf8_lossy(&files[0]);
    for (element, method) in [("1", "01"), ("3", "02")] {
        let pair = format!("<AuthElement>{element}</AuthElement><AuthMethod>{method}</AuthMethod>");
        assert!(text.contains(&pair), "{pair} is not in {text}");
    }
    // The stand-in, which reads the file with code of its own, takes it.
    site.start_linksim(&["--delay-ms", "50"]);
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
}

#[test]
fn wrong_used_old_and_foreign_codes_are_refused_with_what_to_do() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, of_sato) = enrol(&mut kanri, "sato");
    let (_, mut of_tanaka) = enrol(&mut kanri, "tanaka");
    let mut audit = Audit::new(&site);
    let mut sato = Person::with_password(&site, "sato");
    let first = of_sato.shown;
    // Five failures of a source are free.
    let table = [
        (of_sato.wrong(), "ワンタイムパスワードが違います"),
        (of_sato.code(first), "使用済み"),
        (of_sato.code(first - 3), "使用済み"),
        // Of the future: no hint that it will be right.
        (of_sato.code(first + 9), "ワンタイムパスワードが違います"),
        (of_tanaka.next(), "ワンタイムパスワードが違います"),
    ];
    for (code, words) in table {
        let refusal = sato.refused_as(one_time(&code), RefusalCode::BadFactor);
        assert!(refusal.words.as_str().contains(words), "{refusal}");
        let line = audit.find("token_refused", words);
        assert_eq!(line.user.as_str(), "sato");
        kanri.ask(Request::UnlockAccount { user: user("sato") });
    }
    assert!(!sato.session.two_factors);
}

#[test]
fn a_code_is_good_once_however_it_is_typed_and_over_a_restart() {
    let mut site = Site::new();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = enrol(&mut kanri, "sato");
    let mut sato = Person::with_password(&site, "sato");
    for odd in ["", "12345", "123456789", "12345a", "〇一二三四五"] {
        sato.refused_as(one_time(odd), RefusalCode::BadInput);
    }
    // Full-width digits and the gap of a display are the same code; what is no code does not count as a failure.
    let code = device.next();
    let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()).collect();
    assert!(proved(&mut sato, &format!("{}　{}", &wide[..9], &wide[9..])).two_factors);
    let again = Person::with_password(&site, "sato").refused_as(one_time(&code), RefusalCode::BadFactor);
    assert!(again.words.as_str().contains("次の番号"), "{again}");
    site.kill_station();
    site.start_station();
    pause(1);
    let mut sato = Person::with_password(&site, "sato");
    sato.refused_as(one_time(&code), RefusalCode::BadFactor);
    pause(2);
    assert!(proved(&mut sato, &device.next()).two_factors);
}

#[test]
fn before_the_password_nobody_learns_who_has_a_token() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = enrol(&mut kanri, "sato");
    let (client, session) = log_in(&site, "tanaka");
    drop(client);
    let mut nobody = Person { client: Client::connect(&site.socket()).unwrap(), session };
    nobody.refused_as(one_time(&device.next()), RefusalCode::NoSession);
    // On a locked session the password comes first as well, whether there is a token or not.
    let mut words = Vec::new();
    for id in ["sato", "tanaka"] {
        let mut person = Person::with_password(&site, id);
        person.ask(Request::Lock { card_gone: false });
        words.push(person.refused_as(one_time("123456"), RefusalCode::WrongState).words);
    }
    assert!(words[0] == words[1] && words[0].as_str().contains("先にパスワード"), "{words:?}");
    let mut tanaka = Person::with_password(&site, "tanaka");
    let refusal = tanaka.refused_as(one_time("123456"), RefusalCode::BadFactor);
    assert!(refusal.words.as_str().contains("登録されていません"), "{refusal}");
    // The code was spent on nothing.
    assert!(log_in_with_code(&site, "sato", &device.code(device.shown)).session.two_factors);
}

fn log_in_with_code(site: &Site, id: &str, code: &str) -> Person {
    let mut person = Person::with_password(site, id);
    person.session = proved(&mut person, code);
    person
}

#[test]
fn wrong_codes_lock_the_account_and_a_right_password_forgives_none() {
    let mut site = Site::new();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = enrol(&mut kanri, "sato");
    let mut sato = Person::with_password(&site, "sato");
    for wait in [1, 2] {
        sato.refused_as(one_time(&device.wrong()), RefusalCode::BadFactor);
        let right = device.code(device.shown + 1);
        assert_eq!(sato.refused_as(one_time(&right), RefusalCode::LockedOut).retry_after_s, Some(wait));
        // Nor is the password asked meanwhile: it is the same lock.
        let login = password(&mut Client::connect(&site.socket()).unwrap(), "sato", PASSWORD);
        let Err(ClientFault::Refused(refusal)) = login else { panic!("{login:?}") };
        assert_eq!((refusal.code, refusal.retry_after_s), (RefusalCode::LockedOut, Some(wait)));
        pause(wait);
        sato = Person::with_password(&site, "sato");
    }
    sato.refused_as(one_time(&device.wrong()), RefusalCode::BadFactor);
    site.kill_station();
    site.start_station();
    let login = password(&mut Client::connect(&site.socket()).unwrap(), "sato", PASSWORD);
    assert!(login.is_err(), "a restart forgives nothing");
    let mut kanri = Person::with_password(&site, "kanri");
    kanri.ask(Request::UnlockAccount { user: user("sato") });
    assert!(log_in_with(&site, "sato", &mut device).session.two_factors);
}

#[test]
fn a_slow_token_is_followed_and_one_that_jumps_is_not() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (token, mut device) = enrol(&mut kanri, "sato");
    let mut sato = log_in_with(&site, "sato", &mut device);
    let listed = tokens(&mut kanri).into_iter().find(|view| view.token == token).unwrap();
    assert!((-270..=-180).contains(&listed.drift_s), "four minutes slow: {}", listed.drift_s);
    // Its clock is set right: too far at once, and nothing is said of codes that are still to come.
    let jumped = device.code(step_now());
    assert!(sato.refused_as(one_time(&jumped), RefusalCode::BadFactor).words.as_str().contains("時計"));
    pause(1);
    assert!(proved(&mut sato, &device.next()).two_factors);
}

#[test]
fn unlocking_takes_the_password_and_a_new_code() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = enrol(&mut kanri, "sato");
    let mut sato = log_in_with(&site, "sato", &mut device);
    let used = device.code(device.shown);
    sato.ask(Request::Lock { card_gone: false });
    let Reply::Session(half) = sato.ask(Request::Unlock { password: Secret::new(PASSWORD.into()) }) else {
        panic!()
    };
    assert!(half.locked, "one factor does not unlock");
    sato.refused_as(one_time(&used), RefusalCode::BadFactor);
    pause(1);
    let session = proved(&mut sato, &device.next());
    assert!(!session.locked && session.may_enquire);
    Audit::new(&site).find("session_unlocked", "PW＋OTP");
}

#[test]
fn a_revoked_token_ends_its_sessions_and_opens_none() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (token, mut device) = enrol(&mut kanri, "sato");
    let (other, mut second) = enrol(&mut kanri, "sato");
    let mut with_first = log_in_with(&site, "sato", &mut device);
    let mut with_second = log_in_with(&site, "sato", &mut second);
    let mut with_card = Person::sato(&site);
    let refusal = kanri.refused_as(revoke("sato", &"nai".into()), RefusalCode::NotFound);
    assert!(refusal.words.as_str().contains("一覧"), "{refusal}");
    let no_reason = Request::RevokeToken { user: user("sato"), token: token.clone(), reason: " ".into() };
    kanri.refused_as(no_reason, RefusalCode::BadInput);
    kanri.ask(revoke("sato", &token));
    assert!(ended_words(&mut with_first).contains("失効"));
    with_first.refused_as(Request::Home, RefusalCode::NoSession);
    with_second.ask(Request::Home);
    with_card.ask(Request::Home);
    kanri.refused_as(revoke("sato", &token), RefusalCode::NotFound);
    let mut half = Person::with_password(&site, "sato");
    half.refused_as(one_time(&device.next()), RefusalCode::BadFactor);
    kanri.ask(revoke("sato", &other));
    pause(1);
    let mut half = Person::with_password(&site, "sato");
    let refusal = half.refused_as(one_time(&second.next()), RefusalCode::BadFactor);
    assert!(refusal.words.as_str().contains("登録されていません") && !half.session.has_token, "{refusal}");
    let mut audit = Audit::new(&site);
    audit.find("token_revoked", "紛失");
    audit.find("session_ended", "トークンの失効");
    assert!(tokens(&mut kanri).iter().all(|view| !view.in_force && view.state.as_str() == "失効"));
}

#[test]
fn an_emergency_token_is_dead_after_recovery_and_so_is_what_rests_on_it() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (usual, mut of_tanaka) = enrol(&mut kanri, "tanaka");
    let (token, mut device) = issue(&mut kanri, "sato");
    let mut sato = log_in_with(&site, "sato", &mut device);
    let mut tanaka = log_in_with(&site, "tanaka", &mut of_tanaka);
    assert!(sato.session.may_enquire);
    let mut audit = Audit::new(&site);
    for kind in ["emergency_token_issued", "token_accepted"] {
        let line = audit.find(kind, token.as_str());
        assert!(line.words.as_str().contains("【優先確認】"), "{line:?}");
    }
    assert!(!audit.find("token_accepted", usual.as_str()).words.as_str().contains("優先確認"));
    assert!(audit.find("emergency_token_issued", "").words.as_str().contains("カードリーダー故障"));
    let Reply::Home(home) = kanri.ask(Request::Home) else { panic!() };
    assert!(home.news.iter().any(|news| news.as_str().starts_with("緊急トークンが1件有効です")), "{home:?}");
    let Reply::Home(home) = tanaka.ask(Request::Home) else { panic!() };
    assert!(home.news.is_empty(), "it is for administrators: {home:?}");
    let before = recovery(&mut kanri);
    assert!(before.tokens == 1 && before.until.is_some() && before.last.is_none(), "{before:?}");

    // One that is being issued does not slip through, either.
    let (_, mut half_made) = begun(&mut kanri, emergency("suzuki", 2));
    kanri.refused_as(Request::DeclareRecovery { words: "　".into() }, RefusalCode::BadInput);
    kanri.ask(declare());
    let refusal = kanri.refused_as(confirm(&half_made.next()), RefusalCode::WrongState);
    assert!(refusal.words.as_str().contains("最初から"), "{refusal}");
    assert!(ended_words(&mut sato).contains("復旧"));
    sato.refused_as(Request::FaceResults, RefusalCode::NoSession);
    tanaka.ask(Request::Home);
    let mut half = Person::with_password(&site, "sato");
    let refusal = half.refused_as(one_time(&device.next()), RefusalCode::BadFactor);
    assert!(refusal.words.as_str().contains("復旧が宣言された"), "{refusal}");
    let line = audit.find("recovery_declared", "リーダーを交換し");
    assert!(line.words.as_str().contains("緊急トークン1件を失効・セッション1件を終了"), "{line:?}");
    let after = recovery(&mut kanri);
    assert_eq!((after.tokens, after.until.as_ref()), (0, None));
    assert_eq!(after.last.unwrap().by, user("kanri"));
    let Reply::Home(home) = kanri.ask(Request::Home) else { panic!() };
    // No token any more; what is left is to look back at its issue, its use and the recovery.
    assert_eq!(home.news, ["事後確認 未了 3件（うち期限超過 0件・優先 3件）".into()]);
    // For the next emergency there is a next token.
    let (_, mut device) = issue(&mut kanri, "sato");
    pause(1);
    assert!(log_in_with(&site, "sato", &mut device).session.two_factors);
}

#[test]
fn an_emergency_token_ends_with_its_time_and_takes_its_sessions_along() {
    let mut site = Site::new();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let (token, mut device) = issue(&mut kanri, "sato");
    log_in_with(&site, "sato", &mut device);
    let sato = log_in_with(&site, "sato", &mut device);
    site.kill_station();
    drop(sato);
    // As if two hours had passed on one of the clocks: the wall clock that is kept says so.
    let store = site.store();
    let key = format!("sato/{token}");
    let aged = store.transact(move |tx| {
        let mut record: serde_json::Value = tx.get(Table::Tokens, &key)?.unwrap();
        record["emergency"]["until"] = 1.into();
        tx.put(Table::Tokens, &key, &record)
    });
    aged.map_err(|error: StoreError| error).unwrap();
    store.close().unwrap();
    site.start_station();
    let mut audit = Audit::new(&site);
    audit.find("emergency_token_expired", token.as_str());
    audit.find("session_ended", "トークンの失効・終了");
    let mut half = Person::with_password(&site, "sato");
    assert!(!half.session.has_token);
    let refusal = half.refused_as(one_time(&device.next()), RefusalCode::BadFactor);
    assert!(refusal.words.as_str().contains("期限が切れています"), "{refusal}");
    let mut kanri = Person::with_password(&site, "kanri");
    assert_eq!(tokens(&mut kanri)[0].state.as_str(), "期限切れ");
}

#[test]
fn only_an_administrator_makes_tokens_and_never_for_himself() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let mut sato = Person::sato(&site);
    let acts =
        |id: &str| [Request::BeginToken { user: user(id) }, emergency(id, 2), revoke(id, &"k7m2p4qx".into())];
    for act in acts("kanri") {
        kanri.refused_as(act, RefusalCode::NoPermission);
    }
    for act in acts("sato").into_iter().chain(acts("tanaka")).chain([
        confirm("123456"),
        Request::ListTokens { user: None, after: None },
        Request::ListTokens { user: Some(user("sato")), after: None },
        declare(),
        Request::RecoveryStatus,
        Request::ShippingStatus,
    ]) {
        sato.refused_as(act, RefusalCode::NoPermission);
    }
    let no_reason = Request::BeginEmergencyToken { user: user("sato"), reason: String::new(), hours: 2 };
    let long = Request::BeginEmergencyToken { user: user("sato"), reason: "長".repeat(201), hours: 2 };
    for act in [emergency("sato", 0), emergency("sato", 25), no_reason, long] {
        kanri.refused_as(act, RefusalCode::BadInput);
    }
    kanri.refused_as(Request::BeginToken { user: user("nanashi") }, RefusalCode::NotFound);
    kanri.ask(Request::SetDisabled { user: user("suzuki"), disabled: true });
    kanri.refused_as(Request::BeginToken { user: user("suzuki") }, RefusalCode::WrongState);
    for _ in 0..3 {
        enrol(&mut kanri, "tanaka");
    }
    let fourth = kanri.refused_as(Request::BeginToken { user: user("tanaka") }, RefusalCode::WrongState);
    assert!(fourth.words.as_str().contains("失効させて"), "{fourth}");
}

#[test]
fn an_administrator_with_a_second_factor_needs_it_here_too() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    kanri.ask(Request::SetPermission {
        user: user("tanaka"),
        permission: Permission::Administer,
        granted: true,
    });
    let mut half = Person::with_password(&site, "tanaka");
    for act in [emergency("sato", 2), declare(), Request::RecoveryStatus, Request::ShippingStatus] {
        half.refused_as(act, RefusalCode::OneFactor);
    }
    let mut whole = Person::tanaka(&site);
    issue(&mut whole, "sato");
    // A token counts as a card does: from now on kanri manages nothing with the password alone.
    let (_, mut device) = enrol(&mut whole, "kanri");
    kanri.refused_as(Request::ListAccounts { after: None }, RefusalCode::OneFactor);
    proved(&mut kanri, &device.next());
    kanri.ask(Request::ListAccounts { after: None });
}

#[test]
fn nothing_counts_before_the_first_code_was_typed_on_the_same_line() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = begun(&mut kanri, Request::BeginToken { user: user("sato") });
    let mut sato = Person::with_password(&site, "sato");
    assert!(!sato.session.has_token);
    let refusal = sato.refused_as(one_time(&device.next()), RefusalCode::BadFactor);
    assert!(refusal.words.as_str().contains("登録されていません"), "{refusal}");
    let mut elsewhere = Person::with_password(&site, "kanri");
    elsewhere.refused_as(confirm(&device.next()), RefusalCode::WrongState);
    for _ in 0..4 {
        kanri.refused_as(confirm(&device.wrong()), RefusalCode::BadFactor);
    }
    kanri.ask(confirm(&device.next()));
    let again = device.next();
    kanri.refused_as(confirm(&again), RefusalCode::WrongState);
    // Five wrong ones, and it is to be begun anew.
    let (_, mut late) = begun(&mut kanri, Request::BeginToken { user: user("tanaka") });
    for _ in 0..5 {
        kanri.refused_as(confirm(&late.wrong()), RefusalCode::BadFactor);
    }
    kanri.refused_as(confirm(&late.next()), RefusalCode::WrongState);
    pause(1);
    assert!(proved(&mut sato, &again).two_factors);
}

#[test]
fn no_secret_stays_in_the_log_or_in_the_open() {
    let mut site = Site::new();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let Reply::NewToken { secret, uri, .. } = kanri.ask(Request::BeginToken { user: user("sato") }) else {
        panic!()
    };
    let (issuer, label) = ("%E8%A8%93%E7%B7%B4%20%E6%9E%B6%E7%A9%BA", "otpauth://totp/sato?secret=");
    assert!(uri.expose().starts_with(label) && uri.expose().contains(issuer), "{}", uri.expose());
    assert_eq!(secret.expose().len(), 32, "160 bits");
    let mut device = Device::of(secret.expose());
    let first = device.next();
    kanri.ask(confirm(&first));
    let second = device.next();
    log_in_with_code(&site, "sato", &second);
    let listed = serde_json::to_string(&tokens(&mut kanri)).unwrap();
    site.stop_station();
    let told = site.station_log();
    let logged = serde_json::to_string(&entries(&site)).unwrap();
    let raw = std::fs::read(site.folder.path().join("site/data/store.redb")).unwrap();
    for hidden in [secret.expose(), &first, &second] {
        assert!(!listed.contains(hidden) && !told.contains(hidden), "{hidden}");
        let shown = logged.matches(&format!("\"{hidden}\"")).count();
        assert_eq!(shown, 0, "{hidden} is in the log");
    }
    assert!(!raw.windows(32).any(|bytes| bytes == secret.expose().as_bytes()), "the record is sealed");
    let used = entries(&site).into_iter().filter(|entry| matches!(entry.act, Act::TokenAccepted { .. }));
    assert_eq!(used.count(), 1);
}
