//! A token as a person holds it: an app that was given the secret once, and counts the steps that it has shown.

use super::person::Person;
use kyukyu::domain::{SafeText, UserId};
use kyukyu::protocol::{Reply, Request, Secret};
use std::time::{SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Totp};

/// Seconds of a step.
const STEP: u64 = 30;

pub struct Device {
    codes: Totp,
    /// The step whose code was shown last.
    pub shown: u64,
    /// By how many steps its clock is slow.
    slow: u64,
}

/// The station's step now, but for what passes until it looks itself.
pub fn step_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / STEP
}

impl Device {
    /// Its clock is four minutes slow: at its enrolment that is allowed, and leaves many codes for one test, which need
    /// not wait for the next step.
    pub fn of(secret: &str) -> Self {
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        let secret = totp_rs::Secret::new_stack(bytes.try_into().unwrap());
        let codes = Builder::new().with_secret(secret).build().unwrap();
        Self { codes, shown: step_now() - 9, slow: 9 }
    }

    /// The code of a step.
    pub fn code(&self, step: u64) -> String {
        self.codes.generate(step * STEP).to_string()
    }

    /// The next code that it shows: that of the step after the last, or of now by its clock on a slow machine.
    pub fn next(&mut self) -> String {
        let now = step_now();
        self.shown = (self.shown + 1).max(now - self.slow);
        self.slow = now.saturating_sub(self.shown);
        self.code(self.shown)
    }

    /// A code of none of the steps around.
    pub fn wrong(&self) -> String {
        let near: Vec<String> = (self.shown - 60..self.shown + 60).map(|step| self.code(step)).collect();
        (0..1_000_000).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub fn one_time(code: &str) -> Request {
    Request::OneTimeProof { code: Secret::new(code.to_owned()) }
}

pub fn confirm(code: &str) -> Request {
    Request::ConfirmToken { code: Secret::new(code.to_owned()) }
}

pub fn emergency(id: &str, hours: u64) -> Request {
    Request::BeginEmergencyToken { user: user(id), reason: "カードリーダー故障".into(), hours }
}

/// Begins a token; its id and the device that was given the secret.
pub fn begun(admin: &mut Person, begin: Request) -> (SafeText, Device) {
    match admin.ask(begin) {
        Reply::NewToken { token, secret, .. } => (token, Device::of(secret.expose())),
        other => panic!("{other:?}"),
    }
}

/// Enrols a token.
pub fn enrol(admin: &mut Person, id: &str) -> (SafeText, Device) {
    with_first_code(admin, Request::BeginToken { user: user(id) })
}

/// Issues an emergency token.
pub fn issue(admin: &mut Person, id: &str) -> (SafeText, Device) {
    with_first_code(admin, emergency(id, 2))
}

fn with_first_code(admin: &mut Person, begin: Request) -> (SafeText, Device) {
    let (token, mut device) = begun(admin, begin);
    let first = device.next();
    admin.ask(confirm(&first));
    (token, device)
}
