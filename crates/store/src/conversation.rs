//! One transaction spoken with a PostgreSQL server, in as few round trips as it allows.
//!
//! ```text
//!   queue, queue ──────────────┐                      one packet train, one wait
//!   query / execute / commit ──┴─► BEGIN · s₁ · s₂ · … · last ──────────────► answers, first error wins
//! ```
//!
//! The connection is driven by the calling thread itself (a runtime of one thread per connection), so that a round
//! trip costs no change of thread.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::Statement;
use tokio_postgres::error::{Severity, SqlState};

use crate::StoreError;
use crate::error::first_words;
use crate::postgres_session::{Session, failure};
use crate::postgres_value::{fits, wanted_type};
use crate::value::{Row, Value};

/// Queued statements sent together at most: bounds memory and keeps both sides' socket buffers from filling.
const TRAIN: usize = 64;
/// After this long without an answer the server counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a transaction ended that might go better another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction was in the way; certainly nothing was written.
    Contended,
    /// The server went away before the commit was sent; certainly nothing was written.
    Lost,
}

/// One transaction on one session.
pub(crate) struct Conversation {
    session: Session,
    begin: &'static str,
    begun: bool,
    queued: Vec<Queued>,
    trouble: Option<Trouble>,
}

struct Queued {
    sql: &'static str,
    statement: Statement,
    parameters: Vec<Value>,
}

/// The statement at the end of a packet train.
enum Last<'a> {
    Nothing,
    Query(&'static str, Statement, &'a [Value]),
    Execute(&'static str, Statement, &'a [Value]),
    Batch(&'static str, &'a str),
    Commit,
}

enum Answer {
    Done,
    Count(u64),
    Rows(Vec<tokio_postgres::Row>),
}

type Step<'a> = Pin<Box<dyn Future<Output = Result<Answer, tokio_postgres::Error>> + 'a>>;

impl Conversation {
    /// `begin` is sent with the first statement, not before.
    pub(crate) fn new(session: Session, begin: &'static str) -> Self {
        Self { session, begin, begun: false, queued: Vec::new(), trouble: None }
    }

    pub(crate) fn query(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql, parameters)?;
        match self.exchange(Last::Query(sql, statement, parameters))? {
            Answer::Rows(rows) => rows.iter().map(values_of).collect(),
            Answer::Done | Answer::Count(_) => Ok(Vec::new()),
        }
    }

    pub(crate) fn execute(&mut self, sql: &'static str, parameters: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql, parameters)?;
        match self.exchange(Last::Execute(sql, statement, parameters))? {
            Answer::Count(changed) => Ok(changed),
            Answer::Done | Answer::Rows(_) => Ok(0),
        }
    }

    pub(crate) fn queue(&mut self, sql: &'static str, parameters: &[Value]) -> Result<(), StoreError> {
        let statement = self.prepared(sql, parameters)?;
        self.queued.push(Queued { sql, statement, parameters: parameters.to_vec() });
        if self.queued.len() >= TRAIN { self.flush() } else { Ok(()) }
    }

    pub(crate) fn batch(&mut self, name: &'static str, sql: &str) -> Result<(), StoreError> {
        self.exchange(Last::Batch(name, sql)).map(drop)
    }

    /// Sends what is queued and waits for it.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        if self.queued.is_empty() { Ok(()) } else { self.exchange(Last::Nothing).map(drop) }
    }

    /// Sends what is queued together with the commit. Without any statement there is nothing to commit.
    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        if !self.begun && self.queued.is_empty() {
            return Ok(());
        }
        self.exchange(Last::Commit)?;
        self.begun = false;
        Ok(())
    }

    /// Why it ended early, when trying again may help.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Ends the transaction without keeping anything and gives the session back, unless it is dead.
    ///
    /// The word is sent but its answer is left to be read by the next user: a reader waits once, not twice.
    pub(crate) fn end(self) -> Option<Session> {
        if self.session.dead || self.session.client.is_closed() {
            return None;
        }
        if self.begun {
            let mut rollback = Box::pin(self.session.client.batch_execute("ROLLBACK"));
            self.session.wait(poll_fn(|context| {
                let _ = rollback.as_mut().poll(context);
                Poll::Ready(())
            }));
            drop(rollback);
            self.session.breathe(1);
        }
        Some(self.session)
    }

    fn prepared(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Statement, StoreError> {
        let key = (sql.as_ptr() as usize, sql.len());
        let fitting = |s: &Statement| {
            s.params().len() == parameters.len() && s.params().iter().zip(parameters).all(|(t, v)| fits(v, t))
        };
        if let Some(statement) = self.session.statements.get(&key).filter(|s| fitting(s)) {
            return Ok(statement.clone());
        }
        let types: Vec<_> = parameters.iter().map(wanted_type).collect();
        let prepare = self.session.client.prepare_typed(sql, &types);
        let prepared = self.session.wait(async { tokio::time::timeout(PATIENCE, prepare).await });
        let statement = match prepared {
            Ok(Ok(statement)) => statement,
            Ok(Err(error)) => return Err(self.failed(first_words(sql), &error, false, false)),
            Err(_) => return Err(self.silent(false)),
        };
        if statement.params().len() != parameters.len() {
            let reason = format!("{} parameters wanted, {} given", statement.params().len(), parameters.len());
            return Err(StoreError::Engine { context: first_words(sql), reason });
        }
        self.session.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Sends begin, the queue and `last` in one train and waits for all answers.
    fn exchange(&mut self, last: Last<'_>) -> Result<Answer, StoreError> {
        let committing = matches!(last, Last::Commit);
        let queued = std::mem::take(&mut self.queued);
        let mut contexts = Vec::with_capacity(queued.len() + 2);
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(queued.len() + 2);
        let client = &self.session.client;
        if !self.begun {
            let begin = self.begin;
            contexts.push(begin);
            steps.push(Box::pin(async move { client.batch_execute(begin).await.map(|()| Answer::Done) }));
        }
        for Queued { sql, statement, parameters } in &queued {
            contexts.push(first_words(sql));
            steps.push(Box::pin(
                async move { client.execute_raw(statement, parameters.iter()).await.map(Answer::Count) },
            ));
        }
        match last {
            Last::Nothing => {}
            Last::Query(sql, statement, parameters) => {
                contexts.push(first_words(sql));
                steps.push(Box::pin(async move {
                    let stream = client.query_raw(&statement, parameters.iter()).await?;
                    stream.try_collect().await.map(Answer::Rows)
                }));
            }
            Last::Execute(sql, statement, parameters) => {
                contexts.push(first_words(sql));
                steps.push(Box::pin(async move {
                    client.execute_raw(&statement, parameters.iter()).await.map(Answer::Count)
                }));
            }
            Last::Batch(name, sql) => {
                contexts.push(name);
                steps.push(Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::Done) }));
            }
            Last::Commit => {
                contexts.push("COMMIT");
                steps.push(Box::pin(async move { client.batch_execute("COMMIT").await.map(|()| Answer::Done) }));
            }
        }
        let length = steps.len();
        let answers = self.session.wait(async { tokio::time::timeout(PATIENCE, in_order(steps)).await });
        self.begun = true;
        let Ok(answers) = answers else { return Err(self.silent(committing)) };
        let mut answer = Answer::Done;
        for (index, result) in answers.into_iter().enumerate() {
            match result {
                Ok(given) => answer = given,
                Err(error) => {
                    let at_commit = committing && index + 1 == length;
                    return Err(self.failed(contexts[index], &error, committing, at_commit));
                }
            }
        }
        Ok(answer)
    }

    /// No answer came within the patience.
    fn silent(&mut self, committing: bool) -> StoreError {
        self.session.dead = true;
        if committing {
            return StoreError::Uncertain;
        }
        StoreError::Unavailable { reason: "no answer in time".to_owned() }
    }

    /// Our error for the server's; notes whether trying again may help.
    ///
    /// `committing`: the commit was sent in this train; `at_commit`: the error is the commit's own answer.
    fn failed(
        &mut self,
        context: &'static str,
        error: &tokio_postgres::Error,
        committing: bool,
        at_commit: bool,
    ) -> StoreError {
        let Some(db) = error.as_db_error() else {
            if error.is_closed() || std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>()) {
                self.session.dead = true;
                if committing {
                    return StoreError::Uncertain;
                }
                self.trouble = Some(Trouble::Lost);
            }
            return failure(context, error);
        };
        let going = matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
        if going {
            self.session.dead = true;
            if at_commit {
                return StoreError::Uncertain;
            }
            // A statement before the commit was refused by a dying server: the commit behind it cannot have happened.
            self.trouble = Some(Trouble::Lost);
        }
        match *db.code() {
            SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN | SqlState::TRANSACTION_RESOLUTION_UNKNOWN => {
                self.session.dead = true;
                return StoreError::Uncertain;
            }
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::LOCK_NOT_AVAILABLE => {
                self.trouble = Some(Trouble::Contended);
            }
            // A table changed under a prepared statement: a fresh connection knows the new shape.
            SqlState::FEATURE_NOT_SUPPORTED if db.message().contains("cached plan") => {
                self.session.dead = true;
                self.trouble = Some(Trouble::Lost);
            }
            _ => {}
        }
        failure(context, error)
    }
}

/// Polls all steps, each for the first time in its order: that is the order in which they are sent.
async fn in_order(mut steps: Vec<Step<'_>>) -> Vec<Result<Answer, tokio_postgres::Error>> {
    let mut answers: Vec<Option<_>> = steps.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (step, answer) in steps.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match step.as_mut().poll(context) {
                    Poll::Ready(given) => *answer = Some(given),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}

fn values_of(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    (0..row.len())
        .map(|column| row.try_get(column).map_err(|_| StoreError::Column { column, wanted: "one of the four kinds" }))
        .collect::<Result<_, _>>()
        .map(Row)
}
