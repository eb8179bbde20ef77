//! The colours of the figures, on a light page and a dark one alike.

/// The series, in their order. The first three are Okabe and Ito's, whose others do not reach a
/// contrast of 3 on the light page. The last three were searched for: they reach it on both pages,
/// and for every kind of colour vision the six lie as far apart as Okabe and Ito's.
pub const COLOURS: [&str; 6] = ["#0072B2", "#D55E00", "#009E73", "#B400F6", "#78665A", "#A278EA"];

/// What is not data: reference lines, totals.
pub const GREY: &str = "#888E97";

/// The colour of the n-th series.
#[must_use]
pub const fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    /// What is left of linear red, green and blue to whoever has no long, medium or short cones
    /// (Machado, Oliveira & Fernandes 2009).
    const VISIONS: [(&str, Matrix); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        ("no long", [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]]),
        (
            "no medium",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "no short",
            [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
        ),
    ];
    /// `OKLab`'s cones, and its lightness and hues (Ottosson 2020).
    const CONES: Matrix = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    const LAB: Matrix = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];

    fn times(matrix: &Matrix, colour: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(colour).map(|(weight, value)| weight * value).sum())
    }

    /// Linear red, green and blue.
    fn linear(hex: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// WCAG 2.2's contrast ratio.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |hex: &str| {
            let [red, green, blue] = linear(hex);
            0.05 + 0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    fn seen(vision: &Matrix, hex: &str) -> [f64; 3] {
        let seen = times(vision, linear(hex)).map(|value| value.clamp(0.0, 1.0));
        times(&LAB, times(&CONES, seen).map(f64::cbrt))
    }

    #[test]
    fn every_colour_stands_out_from_the_light_and_the_dark_page() {
        let css = include_str!("../assets/page.css");
        let values = |name: &str| {
            css.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": ")?.get(..7)).collect::<Vec<_>>()
        };
        let pages = [values("--page"), values("--panel")].concat();
        assert_eq!(pages.len(), 4, "{pages:?}");
        for colour in COLOURS.into_iter().chain([GREY]) {
            for page in &pages {
                assert!(contrast(colour, page) >= 3.0, "{colour} on {page}: {}", contrast(colour, page));
            }
        }
    }

    #[test]
    fn the_colours_stay_apart_for_every_kind_of_colour_vision() {
        for (name, vision) in VISIONS {
            for (place, one) in COLOURS.iter().enumerate() {
                for other in &COLOURS[place + 1..] {
                    let square = |(a, b): (f64, f64)| (a - b) * (a - b);
                    let apart: f64 = seen(&vision, one).into_iter().zip(seen(&vision, other)).map(square).sum();
                    // Okabe and Ito's six: 0.076 at the least.
                    assert!(apart.sqrt() > 0.085, "{name}: {one} and {other} are {} apart", apart.sqrt());
                }
            }
        }
    }
}
