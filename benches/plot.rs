//! Draws lines of cost against size as SVG. Both axes are logarithmic, so that a line that does not rise means linear growth.

use std::fmt::Write;

/// The name of a line, and its points: octets, and the instructions that they take.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(usize, u64)>,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 380.0;
/// The space around the lines: left, top, right (for the names), bottom.
const MARGINS: [f64; 4] = [56.0, 16.0, 230.0, 44.0];
/// Colours that differ in brightness too.
const COLOURS: &[&str] = &["#0b3d91", "#c1440e", "#2a7f62", "#7b3fa0", "#b8860b", "#555555"];
/// The powers of ten of instructions per octet, and those of two of octets.
const VERTICAL: [i32; 2] = [-1, 2];
const HORIZONTAL: [i32; 2] = [6, 20];

pub(crate) fn svg(lines: &[Line]) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    let right = WIDTH - MARGINS[2];
    for power in VERTICAL[0]..=VERTICAL[1] {
        let y = y(10f64.powi(power));
        let label = 10f64.powi(power);
        _ = writeln!(out, "<path d=\"M{} {y:.1}H{right}\" stroke=\"#dddddd\"/>", MARGINS[0]);
        _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", MARGINS[0] - 8.0, y + 4.0);
    }
    for (power, label) in [(6, "64"), (10, "1 KB"), (14, "16 KB"), (18, "256 KB"), (20, "1 MB")] {
        let x = x(2f64.powi(power));
        _ = writeln!(out, "<path d=\"M{x:.1} {}V{:.1}\" stroke=\"#dddddd\"/>", MARGINS[1], HEIGHT - MARGINS[3]);
        _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", HEIGHT - 24.0);
    }
    _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\">octets of input; vertical: instructions per octet</text>",
        MARGINS[0],
        HEIGHT - 6.0
    );

    // Names of lines that end near each other are moved apart.
    let mut ends: Vec<(f64, usize)> = lines.iter().map(|line| y(last(line))).zip(0..).collect();
    ends.sort_by(|one, two| one.0.total_cmp(&two.0));
    let mut lowest = f64::MIN;
    for (end, at) in ends {
        let (line, colour) = (&lines[at], COLOURS[at % COLOURS.len()]);
        let points: Vec<String> =
            line.points.iter().map(|point| format!("{:.1},{:.1}", x(point.0 as f64), y(cost(point)))).collect();
        _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        );
        lowest = f64::max(end, lowest + 15.0);
        let label = format!("{}: {:.2}", line.name, last(line));
        _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{label}</text>", right + 6.0, lowest + 4.0);
    }
    out + "</svg>\n"
}

/// Returns the instructions per octet.
fn cost(&(octets, instructions): &(usize, u64)) -> f64 {
    instructions as f64 / octets as f64
}

fn last(line: &Line) -> f64 {
    line.points.last().map_or(1.0, cost)
}

fn x(octets: f64) -> f64 {
    let [least, most] = HORIZONTAL.map(f64::from);
    MARGINS[0] + (octets.log2() - least) / (most - least) * (WIDTH - MARGINS[0] - MARGINS[2])
}

fn y(instructions: f64) -> f64 {
    let [least, most] = VERTICAL.map(f64::from);
    let bottom = HEIGHT - MARGINS[3];
    bottom - (instructions.log10() - least) / (most - least) * (bottom - MARGINS[1])
}
