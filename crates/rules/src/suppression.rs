//! Which cells of a table with totals must be hidden (秘匿) so that no small count can be told.
//!
//! A table with totals is a network in which everything that flows in flows out:
//!
//! ```text
//!   city ──row total──▶ row ──cell──▶ column ──column total──▶ all ──total──▶ city
//! ```
//!
//! What a reader can find out about a hidden edge is how much more may flow through it while the shown edges stay: a
//! maximum flow through the other hidden edges. A small cell is safe when, for all a reader can tell, it may be no
//! smaller than the minimum. Where it is not, the cheapest ring of further cells is hidden too; small cells before
//! large, cells before totals.

use std::collections::VecDeque;

/// One cell, row total, column total or the total.
struct Edge {
    from: usize,
    to: usize,
    value: u64,
    is_total: bool,
    hidden: bool,
}

/// Which are hidden: cells by row, row totals, column totals, the total.
pub(crate) struct Hidden {
    pub(crate) cells: Vec<Vec<bool>>,
    pub(crate) rows: Vec<bool>,
    pub(crate) columns: Vec<bool>,
    pub(crate) total: bool,
}

/// Decides for a table of rows of equal length. Counts from 1 to `minimum` − 1 are small.
pub(crate) fn hide(table: &[Vec<u64>], columns: usize, minimum: u64) -> Hidden {
    let mut edges = edges(table, columns);
    let is_small = |value: u64| value > 0 && value < minimum;
    let small: Vec<usize> = (0..edges.len()).filter(|edge| is_small(edges[*edge].value)).collect();
    small.iter().for_each(|edge| edges[*edge].hidden = true);
    let nodes = table.len() + columns + 2;
    for edge in small {
        // Hiding more only widens what a reader must think possible, so one round is enough.
        let need = minimum - edges[edge].value;
        if !may_grow_by(&edges, nodes, edge, need) {
            hide_a_ring(&mut edges, nodes, edge, need);
        }
    }
    let mut flags = edges.iter().map(|edge| edge.hidden);
    let mut next = |count: usize| -> Vec<bool> { flags.by_ref().take(count).collect() };
    let cells = table.iter().map(|_| next(columns)).collect();
    Hidden { cells, rows: next(table.len()), columns: next(columns), total: next(1).contains(&true) }
}

/// Cells row by row, then row totals, column totals and the total.
fn edges(table: &[Vec<u64>], columns: usize) -> Vec<Edge> {
    let rows = table.len();
    let (city, all) = (rows + columns, rows + columns + 1);
    let edge = |from, to, value, is_total| Edge { from, to, value, is_total, hidden: false };
    let mut edges = Vec::new();
    for (row, cells) in table.iter().enumerate() {
        edges.extend(cells.iter().enumerate().map(|(column, value)| edge(row, rows + column, *value, false)));
    }
    edges.extend(table.iter().enumerate().map(|(row, cells)| edge(city, row, cells.iter().sum(), true)));
    for column in 0..columns {
        let sum = table.iter().map(|cells| cells[column]).sum();
        edges.push(edge(rows + column, all, sum, true));
    }
    edges.push(edge(all, city, table.iter().flatten().sum(), true));
    edges
}

/// Whether `need` more may flow through `edge` while the shown ones stay.
fn may_grow_by(edges: &[Edge], nodes: usize, edge: usize, need: u64) -> bool {
    let mut values: Vec<u64> = edges.iter().map(|edge| edge.value).collect();
    let (from, to) = (edges[edge].to, edges[edge].from);
    let mut found = 0;
    while found < need {
        let Some(path) = widest_step(edges, &values, nodes, edge, from, to) else { return false };
        // Forward steps have no end; backward steps end at nothing.
        let width = path.iter().filter(|(_, forward)| !forward).map(|(edge, _)| values[*edge]).min();
        let width = width.unwrap_or(need).min(need);
        for (edge, forward) in path {
            values[edge] = if forward { values[edge] + width } else { values[edge] - width };
        }
        found += width;
    }
    true
}

/// A shortest path over hidden edges: forward always, backward where something flows.
fn widest_step(
    edges: &[Edge],
    values: &[u64],
    nodes: usize,
    but: usize,
    from: usize,
    to: usize,
) -> Option<Vec<(usize, bool)>> {
    let mut came: Vec<Option<(usize, bool)>> = vec![None; nodes];
    let mut waiting = VecDeque::from([from]);
    while let Some(node) = waiting.pop_front() {
        if node == to {
            return Some(way_back(edges, &came, from, to));
        }
        for (index, edge) in edges.iter().enumerate().filter(|(index, edge)| edge.hidden && *index != but) {
            let next = match () {
                () if edge.from == node => (edge.to, true),
                () if edge.to == node && values[index] > 0 => (edge.from, false),
                () => continue,
            };
            if next.0 != from && came[next.0].is_none() {
                came[next.0] = Some((index, next.1));
                waiting.push_back(next.0);
            }
        }
    }
    None
}

fn way_back(edges: &[Edge], came: &[Option<(usize, bool)>], from: usize, to: usize) -> Vec<(usize, bool)> {
    let mut path = Vec::new();
    let mut node = to;
    while node != from
        && let Some((edge, forward)) = came[node]
    {
        path.push((edge, forward));
        node = if forward { edges[edge].from } else { edges[edge].to };
    }
    path
}

/// Hides the cheapest path that closes a ring through `edge` wide enough for `need`. There is always one: over the
/// totals.
fn hide_a_ring(edges: &mut [Edge], nodes: usize, edge: usize, need: u64) {
    let (from, to) = (edges[edge].to, edges[edge].from);
    let cost = |edge: &Edge| match (edge.hidden, edge.is_total) {
        (true, _) => 0,
        (false, false) => 1 + edge.value.min(1 << 30),
        (false, true) => (1 << 32) + edge.value.min(1 << 30),
    };
    let mut costs = vec![u64::MAX; nodes];
    let mut came: Vec<Option<(usize, bool)>> = vec![None; nodes];
    costs[from] = 0;
    for _ in 0..nodes {
        for (index, one) in edges.iter().enumerate().filter(|(index, _)| *index != edge) {
            for (start, end, forward) in [(one.from, one.to, true), (one.to, one.from, false)] {
                if (!forward && one.value < need) || costs[start] == u64::MAX || end == from {
                    continue;
                }
                let reached = costs[start].saturating_add(cost(one));
                if reached < costs[end] {
                    costs[end] = reached;
                    came[end] = Some((index, forward));
                }
            }
        }
    }
    for (index, _) in way_back(edges, &came, from, to) {
        edges[index].hidden = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tries every table a reader may think of, and returns the largest value of each cell, row total, … among those
    /// that agree with what is shown.
    fn largest_possible(table: &[Vec<u64>], columns: usize, hidden: &Hidden, most: u64) -> Vec<u64> {
        let rows = table.len();
        let flat: Vec<u64> = table.iter().flatten().copied().collect();
        let hidden_cells: Vec<bool> = hidden.cells.iter().flatten().copied().collect();
        let sums = |cells: &[u64]| {
            let mut all = cells.to_vec();
            all.extend((0..rows).map(|row| cells[row * columns..][..columns].iter().sum::<u64>()));
            all.extend((0..columns).map(|column| (0..rows).map(|row| cells[row * columns + column]).sum::<u64>()));
            all.push(cells.iter().sum());
            all
        };
        let truth = sums(&flat);
        let mut flags = hidden_cells.clone();
        flags.extend(&hidden.rows);
        flags.extend(&hidden.columns);
        flags.push(hidden.total);
        let mut largest = truth.clone();
        let free: Vec<usize> = (0..flat.len()).filter(|cell| hidden_cells[*cell]).collect();
        let mut guess = flat.clone();
        for mut number in 0..(most + 1).pow(free.len() as u32) {
            for cell in &free {
                guess[*cell] = number % (most + 1);
                number /= most + 1;
            }
            let guessed = sums(&guess);
            if guessed.iter().zip(&truth).zip(&flags).all(|((guess, truth), hidden)| *hidden || guess == truth) {
                largest.iter_mut().zip(&guessed).for_each(|(largest, guess)| *largest = (*largest).max(*guess));
            }
        }
        largest
    }

    /// A small table, the minimum, and more than any cell of it need grow to: its largest value and the minimum.
    fn tables() -> impl Strategy<Value = (Vec<Vec<u64>>, u64, u64)> {
        let rows = |columns, largest| proptest::collection::vec(proptest::collection::vec(0..=largest, columns), 2);
        prop_oneof![(rows(2, 6_u64), 2_u64..5, Just(10)), (rows(3, 3_u64), 2_u64..4, Just(6)),]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_small_count_can_be_told_from_the_rest((rows, minimum, most) in tables()) {
            let columns = rows[0].len();
            let hidden = hide(&rows, columns, minimum);
            let largest = largest_possible(&rows, columns, &hidden, most);
            for (edge, largest) in edges(&rows, columns).iter().zip(largest) {
                if edge.value > 0 && edge.value < minimum {
                    prop_assert!(largest >= minimum, "{rows:?} {minimum}: {} shows as at most {largest}", edge.value);
                }
            }
        }
    }

    #[test]
    fn a_table_without_small_counts_is_shown_whole() {
        let hidden = hide(&[vec![10, 0], vec![12, 30]], 2, 10);
        assert!(!hidden.total && !hidden.cells.iter().flatten().chain(&hidden.rows).any(|hidden| *hidden));
    }

    #[test]
    fn one_small_count_takes_a_ring_and_leaves_the_totals() {
        let hidden = hide(&[vec![3, 20, 50], vec![40, 30, 60], vec![25, 70, 80]], 3, 10);
        assert!(hidden.cells[0][0]);
        assert_eq!(hidden.cells.iter().flatten().filter(|hidden| **hidden).count(), 4);
        assert!(!hidden.total && !hidden.rows.contains(&true) && !hidden.columns.contains(&true));
    }
}
