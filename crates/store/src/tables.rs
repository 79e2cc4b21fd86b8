//! Whether tables are those of this version.

use sqlx::migrate::Migrator;

/// How tables compare with those of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// There are none, or nobody has prepared them.
    Absent,
    /// They are of this version.
    Current {
        /// Steps that made them.
        versions: usize,
    },
    /// The next start brings them up to date.
    Older {
        /// Steps that are missing.
        missing: usize,
    },
    /// A newer version made them.
    Newer {
        /// Steps that are not known here.
        unknown: usize,
    },
}

impl Tables {
    /// Compares the steps that were carried out with those of this version; `None` when nobody has prepared the tables.
    pub(crate) fn compared(applied: Option<Vec<i64>>, migrator: &Migrator) -> Self {
        let Some(applied) = applied else { return Self::Absent };
        let known: Vec<i64> = migrator.iter().map(|step| step.version).collect();
        let unknown = applied.iter().filter(|version| !known.contains(version)).count();
        let missing = known.iter().filter(|version| !applied.contains(version)).count();
        match (unknown, missing) {
            (0, 0) => Self::Current { versions: applied.len() },
            (0, missing) => Self::Older { missing },
            (unknown, _) => Self::Newer { unknown },
        }
    }
}
