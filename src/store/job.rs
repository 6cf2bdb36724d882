//! A piece of work on its way to the store's thread, and the way its answer takes back.

use super::error::StoreError;
use super::tx::Tx;

/// Work whose types are forgotten while it waits.
pub(super) trait Job: Send {
    /// Whether it may use the space held back for emergencies.
    fn essential(&self) -> bool;

    /// Does the work; may be called again, after its first writes were undone. Whether it succeeded.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;

    /// Tells whoever waits: with `Ok`, what `run` said last; otherwise that it was not done, and why.
    fn settle(self: Box<Self>, fate: Result<(), StoreError>);
}

/// A closure with its result and the place where it is awaited.
pub(super) struct Work<T, E, F, A> {
    essential: bool,
    closure: F,
    said: Option<Result<T, E>>,
    answer: A,
}

impl<T, E, F, A> Work<T, E, F, A> {
    pub(super) fn new(essential: bool, closure: F, answer: A) -> Self {
        Self { essential, closure, said: None, answer }
    }
}

impl<T, E, F, A> Job for Work<T, E, F, A>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    A: FnOnce(Result<T, E>) + Send,
{
    fn essential(&self) -> bool {
        self.essential
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let said = (self.closure)(tx);
        let succeeded = said.is_ok();
        self.said = Some(said);
        succeeded
    }

    fn settle(self: Box<Self>, fate: Result<(), StoreError>) {
        let answer = match fate {
            Ok(()) => self.said.unwrap_or_else(|| Err(StoreError::Closed.into())),
            Err(error) => Err(error.into()),
        };
        (self.answer)(answer);
    }
}
