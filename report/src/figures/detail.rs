//! How many points a line gets: with many runs a page would be mostly points that no screen can
//! show apart.

/// Runs from which lines get fewer points.
const MANY: usize = 24;

/// Points of a noisy line, where there are many of them.
const NOISY: usize = 200;

/// How far a line may pass by a point it leaves out: a pixel of a figure whose axes go from 0 to 1.
const PIXEL: f64 = 0.003;

/// How closely lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every point.
    Full,
    /// What a screen can show.
    Screen,
}

impl Detail {
    #[must_use]
    pub const fn of(runs: usize) -> Self {
        if runs > MANY { Self::Screen } else { Self::Full }
    }

    /// The stride at which a noisy line of `points` is drawn: every n-th point.
    #[must_use]
    pub const fn stride(self, points: usize) -> usize {
        match self {
            Self::Full => 1,
            Self::Screen => {
                if points > NOISY {
                    points.div_ceil(NOISY)
                } else {
                    1
                }
            }
        }
    }

    /// A curve between 0 and 1.
    #[must_use]
    pub fn curve(self, x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
        match self {
            Self::Full => (x.to_vec(), y.to_vec()),
            Self::Screen => straightened(x, y),
        }
    }
}

/// The curve without the points that lie within a [`PIXEL`] of it: Ramer's and Douglas and
/// Peucker's way, the furthest point first.
fn straightened(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut kept = vec![false; x.len()];
    let mut open = vec![(0, x.len().saturating_sub(1))];
    while let Some((start, end)) = open.pop() {
        for place in [start, end] {
            if let Some(kept) = kept.get_mut(place) {
                *kept = true;
            }
        }
        let away = |place: usize| distance([x[place], y[place]], [x[start], y[start]], [x[end], y[end]]);
        let furthest = (start + 1..end).map(|place| (place, away(place))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((place, _)) = furthest.filter(|(_, away)| *away > PIXEL) {
            open.extend([(start, place), (place, end)]);
        }
    }
    let chosen = |values: &[f64]| values.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(value, _)| *value).collect();
    (chosen(x), chosen(y))
}

/// From a point to a line from `a` to `b`.
fn distance(point: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let [px, py] = [point[0] - a[0], point[1] - a[1]];
    let squared = dx * dx + dy * dy;
    // Where along the line the point is nearest.
    let along = if squared == 0.0 { 0.0 } else { ((px * dx + py * dy) / squared).clamp(0.0, 1.0) };
    (px - along * dx).hypot(py - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_keep_every_point() {
        let line: Vec<f64> = (0..500).map(|n| f64::from(n) / 499.0).collect();
        assert_eq!(Detail::of(MANY).curve(&line, &line), (line.clone(), line.clone()));
        assert_eq!(Detail::of(MANY).stride(10_000), 1);
        assert_eq!(Detail::of(200).curve(&line, &line), (vec![0.0, 1.0], vec![0.0, 1.0]));
        assert_eq!([150, 1_000, 1_001].map(|points| Detail::of(200).stride(points)), [1, 5, 6]);
    }

    #[test]
    fn a_curve_of_fewer_points_passes_by_all_that_are_left_out() {
        let x: Vec<f64> = (0..400).map(|n| f64::from(n) / 399.0).collect();
        let y: Vec<f64> = x.iter().map(|x| (12.0 * x).sin().abs()).collect();
        let (few_x, few_y) = straightened(&x, &y);
        assert!(few_x.len() > 10 && few_x.len() < 100, "{}", few_x.len());
        for (&x, &y) in x.iter().zip(&y) {
            let line = few_x.partition_point(|few| *few < x).clamp(1, few_x.len() - 1);
            let away = distance([x, y], [few_x[line - 1], few_y[line - 1]], [few_x[line], few_y[line]]);
            assert!(away <= PIXEL, "{x}, {y}: {away}");
        }
        assert_eq!(straightened(&[], &[]), (vec![], vec![]));
        assert_eq!(straightened(&[0.5], &[0.5]), (vec![0.5], vec![0.5]));
    }
}
