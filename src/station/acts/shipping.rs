//! How far the log has come to the archives of others.

use crate::domain::{Account, Permission, SafeText};
use crate::protocol::{RefusalCode, Reply};
use crate::station::desk::{Desk, Outcome};

/// For `kyukyu log ship --status`: numbers and places, nothing of what is sent.
pub(crate) fn status(desk: &mut Desk<'_, '_>) -> Outcome {
    const ACT: &str = "shipping_status";
    let caller = desk.caller(ACT)?;
    if !caller.account.may(Permission::Administer) && !caller.account.may(Permission::Audit) {
        let words = "施設管理または監査の権限がないため、この操作はできません";
        return Err(desk.stop(ACT, RefusalCode::NoPermission, words));
    }
    desk.card_where_enrolled(ACT, &caller)?;
    Ok(Reply::Shipping(desk.shop.shipping.view(desk.tx.log_len())))
}

/// For an administrator's home screen.
pub(crate) fn news(desk: &Desk<'_, '_>, account: &Account) -> Vec<SafeText> {
    if !account.may(Permission::Administer) {
        return Vec::new();
    }
    desk.shop.shipping.news(desk.tx.log_len())
}
