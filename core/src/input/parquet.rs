//! Parquet files, looked through before polars believes them: it takes whatever memory a page says
//! that it needs.

use std::{
    fs::File,
    io::{Cursor, Read as _, Seek as _, SeekFrom},
};

use polars_parquet::parquet::{
    error::{ParquetError, ParquetResult},
    metadata::{ColumnChunkMetadata, RowGroupMetadata},
    page::CompressedPage,
    read::{PageReader, read_metadata},
};

/// More than any experiment has, and less than fills a machine's memory.
const MOST_ROWS: usize = 10_000_000;

/// In bytes, unpacked: far above what any program writes.
const LARGEST_PAGE: usize = 1 << 30;

/// Refuses a file whose pages hold other than its footer says, in the columns of these names or in
/// all. The file stands at its beginning again afterwards.
pub fn require_consistent(file: &mut File, names: Option<&[String]>) -> ParquetResult<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let metadata = read_metadata(file)?;
    let rows = metadata.row_groups.iter().map(RowGroupMetadata::num_rows).fold(0, usize::saturating_add);
    if rows > MOST_ROWS || rows != metadata.num_rows {
        return Err(inconsistent(format!("it says that it has {} rows", metadata.num_rows.max(rows))));
    }
    for group in &metadata.row_groups {
        for column in group.parquet_columns() {
            let name = column.descriptor().path_in_schema.first();
            if names.is_none_or(|names| names.iter().any(|wanted| name.is_some_and(|name| name == wanted))) {
                let range = column.byte_range();
                if range.start > range.end || range.end > length {
                    return Err(inconsistent("a column lies beyond the file's end"));
                }
                let mut bytes = vec![0; (range.end - range.start) as usize];
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut bytes)?;
                require_pages(column, bytes, group.num_rows())?;
            }
        }
    }
    file.rewind()?;
    Ok(())
}

/// The pages of a column have a value a row.
fn require_pages(column: &ColumnChunkMetadata, bytes: Vec<u8>, rows: usize) -> ParquetResult<()> {
    let largest = bytes.len();
    let mut values = 0_usize;
    for page in PageReader::new(Cursor::new(bytes.into()), column, Vec::new(), largest) {
        if let CompressedPage::Data(page) = page? {
            values = values.saturating_add(page.num_values());
            if page.uncompressed_size() > LARGEST_PAGE {
                return Err(inconsistent("a page is too large"));
            }
        }
    }
    if values == rows { Ok(()) } else { Err(inconsistent(format!("a column of {rows} rows has {values} values"))) }
}

fn inconsistent(problem: impl Into<String>) -> ParquetError {
    ParquetError::OutOfSpec(problem.into())
}
