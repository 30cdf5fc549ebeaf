//! One PostgreSQL connection, driven by whoever holds it, and the server's errors as ours.

use std::collections::HashMap;
use std::future::Future;

use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, Statement};

use crate::StoreError;

/// What every connection is told first. Text sorts and compares as on SQLite by the database's own C collation.
///
/// Whole-table scans are chosen only where there is no other way: a scan of a small table marks all of it as read under
/// SERIALIZABLE, and two actions on different rows of it then look like a conflict. Measured on fifty rows, eight
/// clients, each on rows of its own: 70 % of the transactions failed with scans, 0.2 % by the index.
const SETTINGS: &str = "SET TimeZone='UTC'; SET client_min_messages=warning; SET jit=off; SET statement_timeout='25s'; \
     SET lock_timeout='10s'; SET idle_in_transaction_session_timeout='60s'; \
     SET enable_seqscan=off";

/// One connection with its prepared statements, driven by whoever holds it.
pub(crate) struct Session {
    runtime: Option<Runtime>,
    pub(crate) client: Client,
    /// By address and length of the static SQL text.
    pub(crate) statements: HashMap<(usize, usize), Statement>,
    pub(crate) dead: bool,
}

impl Session {
    /// What drives one connection; none where the process has no file descriptors left.
    pub(crate) fn runtime() -> std::io::Result<Runtime> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    }

    /// Connects. With `limits` the session gives up long waits; without (migrations) it does not.
    pub(crate) fn connect(
        runtime: Runtime,
        config: &tokio_postgres::Config,
        limits: bool,
    ) -> Result<Self, tokio_postgres::Error> {
        let connected = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(code = error.code().map(SqlState::code), "a PostgreSQL connection ended");
                }
            });
            if limits {
                client.batch_execute(SETTINGS).await?;
            }
            Ok(client)
        });
        let mut session = match connected {
            Ok(client) => Self { runtime: Some(runtime), client, statements: HashMap::new(), dead: false },
            Err(error) => {
                runtime.shutdown_background();
                return Err(error);
            }
        };
        session.dead = session.client.is_closed();
        Ok(session)
    }

    /// Reads what the server said while nobody listened; false when it has hung up.
    pub(crate) fn is_alive(&mut self) -> bool {
        if self.dead {
            return false;
        }
        // The first turn looks at the socket, the second lets the connection's task read what came.
        self.breathe(2);
        !self.client.is_closed()
    }

    /// Lets the connection send and receive what is ready, without waiting.
    pub(crate) fn breathe(&self, turns: u32) {
        self.wait(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Runs statements whose text may be dynamic: settings and locks of our own.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.wait(self.client.batch_execute(sql))
    }

    #[expect(clippy::expect_used, reason = "the runtime is taken out only by drop")]
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("present until dropped").block_on(future)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The plain drop of a runtime panics inside another runtime; this one never waits.
            runtime.shutdown_background();
        }
    }
}

/// Our error for the server's. Its message is kept only where it cannot hold a value; its detail never.
pub(crate) fn failure(context: &'static str, error: &tokio_postgres::Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        let reason = error.to_string();
        return if error.is_closed() || context == "connect" {
            StoreError::Unavailable { reason }
        } else {
            StoreError::Engine { context, reason }
        };
    };
    let code = db.code();
    match *code {
        SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => return StoreError::Duplicate { context },
        SqlState::DISK_FULL => return StoreError::Full,
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::LOCK_NOT_AVAILABLE => {
            return StoreError::Contended;
        }
        _ => {}
    }
    let class = &code.code()[..2];
    // Class 22 (data exception) quotes the value.
    let reason = if class == "22" { code.code().to_owned() } else { format!("{} {}", code.code(), db.message()) };
    match class {
        // 08 connection, 53 resources, 57 operator's intervention.
        "08" | "53" | "57" => StoreError::Unavailable { reason },
        _ => StoreError::Engine { context, reason },
    }
}
