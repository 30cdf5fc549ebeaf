//! Changes to a draft by one button each, so that a rule can be built on a page without script.

use super::{Draft, ParameterDraft, Row, ValueDraft};

/// One button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A test after this row and all inside it, in the same group; inside it when it is a group or household.
    AddTest(usize),
    /// A group of "all" in the same way.
    AddGroup(usize),
    /// A question about the household in the same way.
    AddHousehold(usize),
    /// Takes the row and all inside it away.
    Remove(usize),
    /// Puts the row and all inside it before its neighbour in the same group.
    Up(usize),
    /// … after its neighbour.
    Down(usize),
    /// Puts a group of "all" around the row and all inside it.
    Wrap(usize),
    /// Another parameter.
    AddParameter,
    /// Takes a parameter away.
    RemoveParameter(usize),
    /// Another dated value of a parameter.
    AddValue(usize),
    /// Takes a value of a parameter away.
    RemoveValue(usize, usize),
}

impl Draft {
    /// An empty rule: one group, one number.
    pub fn empty() -> Self {
        let mut draft = Self { revision: "1".to_owned(), ..Self::default() };
        draft.rows.push(row("all", 0));
        draft
    }

    /// Presses a button. A place that is not there changes nothing.
    pub fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::AddTest(at) => self.add(at, vec![row("test", 0)]),
            Edit::AddGroup(at) => self.add(at, vec![row("all", 0)]),
            Edit::AddHousehold(at) => {
                let household = Row { quantity: "any".to_owned(), among: "children".to_owned(), ..row("household", 0) };
                self.add(at, vec![household, row("test", 1)]);
            }
            Edit::Remove(at) => {
                let end = self.end(at);
                if at < end {
                    self.rows.drain(at..end);
                }
            }
            Edit::Up(at) => {
                if let Some(before) = self.before(at) {
                    let end = self.end(at);
                    self.rows[before..end].rotate_left(at - before);
                }
            }
            Edit::Down(at) => {
                let next = self.end(at);
                if self.rows.get(next).zip(self.rows.get(at)).is_some_and(|(next, row)| next.depth == row.depth) {
                    let end = self.end(next);
                    self.rows[at..end].rotate_left(next - at);
                }
            }
            Edit::Wrap(at) => {
                let end = self.end(at);
                if at < end {
                    let depth = self.rows[at].depth;
                    self.rows[at..end].iter_mut().for_each(|row| row.depth = row.depth.saturating_add(1));
                    self.rows.insert(at, row("all", depth));
                }
            }
            Edit::AddParameter => {
                self.parameters
                    .push(ParameterDraft { values: vec![ValueDraft::default()], ..ParameterDraft::default() });
            }
            Edit::RemoveParameter(at) => {
                if at < self.parameters.len() {
                    self.parameters.remove(at);
                }
            }
            Edit::AddValue(at) => {
                if let Some(parameter) = self.parameters.get_mut(at) {
                    parameter.values.push(ValueDraft::default());
                }
            }
            Edit::RemoveValue(at, value) => {
                if let Some(parameter) = self.parameters.get_mut(at)
                    && value < parameter.values.len()
                {
                    parameter.values.remove(value);
                }
            }
        }
    }

    fn add(&mut self, at: usize, mut rows: Vec<Row>) {
        let Some(here) = self.rows.get(at) else {
            if self.rows.is_empty() {
                self.rows = rows;
            }
            return;
        };
        if at == 0 && here.kind == "test" {
            // Nothing stands beside the outermost row: a group comes around both.
            self.apply(Edit::Wrap(0));
            return self.add(0, rows);
        }
        let inside = usize::from(here.kind != "test");
        let depth = here.depth.saturating_add(inside);
        rows.iter_mut().for_each(|row| row.depth = row.depth.saturating_add(depth));
        let end = self.end(at);
        self.rows.splice(end..end, rows);
    }

    /// The row after this one and all inside it.
    fn end(&self, at: usize) -> usize {
        let Some(depth) = self.rows.get(at).map(|row| row.depth) else { return at };
        let after = self.rows.get(at + 1..).unwrap_or_default();
        at + 1 + after.iter().take_while(|row| row.depth > depth).count()
    }

    /// The neighbour before this row in the same group.
    fn before(&self, at: usize) -> Option<usize> {
        let depth = self.rows.get(at)?.depth;
        let nearest = (0..at).rev().find(|index| self.rows[*index].depth <= depth)?;
        (self.rows[nearest].depth == depth).then_some(nearest)
    }
}

fn row(kind: &str, depth: usize) -> Row {
    Row { kind: kind.to_owned(), depth, ..Row::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(draft: &Draft) -> String {
        draft.rows.iter().map(|row| format!("{}{} ", row.depth, &row.kind[..1])).collect::<String>().trim().to_owned()
    }

    #[test]
    fn a_rule_is_built_by_buttons() {
        let mut draft = Draft::empty();
        draft.apply(Edit::AddTest(0));
        draft.apply(Edit::AddHousehold(0));
        draft.apply(Edit::AddTest(1));
        assert_eq!(shape(&draft), "0a 1t 1t 1h 2t");
        draft.apply(Edit::Up(3));
        assert_eq!(shape(&draft), "0a 1t 1h 2t 1t");
        draft.apply(Edit::Wrap(2));
        assert_eq!(shape(&draft), "0a 1t 1a 2h 3t 1t");
        draft.apply(Edit::Down(1));
        assert_eq!(shape(&draft), "0a 1a 2h 3t 1t 1t");
        draft.apply(Edit::Remove(1));
        assert_eq!(shape(&draft), "0a 1t 1t");
        for at in [0, 9] {
            draft.apply(Edit::Up(at));
            draft.apply(Edit::Down(at));
        }
        assert_eq!(shape(&draft), "0a 1t 1t");
    }
}
