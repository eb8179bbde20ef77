"""Token ids by transformers' EsmTokenizer, for tests/it/tokens.rs.

    python tests/reference/tokens.py > tests/reference/tokens.json
"""

import json
import pathlib
import random

import transformers
from transformers import EsmTokenizer

VOCABULARY = pathlib.Path(__file__).resolve().parents[2] / "src" / "data" / "vocab.txt"
tokenizer = EsmTokenizer(str(VOCABULARY))

TEXTS = [
    "",
    "M",
    "MENFTALFGAQADPPPPPTALGFGPGKPPPPPPPPAGGGPGTAPPPTAATAPPGADKSGAGCGPFYLMRELPGSTELTGSTNLITHYNLEQAYNKFCGKKVKEKLSNFLPDLPGMIDLPGSHDNSSLRSLIEKPPI",
    "MSDSEVNQEAKPEVKPEVKPETHINLKVSDGSSEIFFKIKKTTPLRRLMEAFAKRQGKEMDSLRFLYDGIRIQADQTPEDLDMEDNDIIEAHREQIGGATY",
    "LAGVSERTIDPKQNFYMHWCXBUZO.-",
    # Letters outside the vocabulary, alone, together, apart.
    "MJK",
    "MJJK",
    "JJJJ",
    "mkv",
    "MkV",
    "MKv",
    "aMbKc",
    "MKV*",
    "M1K22V",
    "M K V",
    " MKV ",
    "MKV\n",
    "M\tK\r\nV",
    "M\u001cK\u001fV",
    "M\u0085K\u00a0V\u2003W\u3000A",
    "M\u200bK",
    "MéK",
    "MKβ蛋白V",
    "M\u0301K",
    "J J",
    "J1 2J",
    # Tokens written out.
    "<mask>",
    "M<mask>K",
    "M<mask><mask>K",
    "<cls>MKV<eos>",
    "<pad><unk>",
    "M <mask> K",
    "M<null_1>K",
    "M<MASK>K",
    "M<mask",
    "mask>",
    "<ma<mask>sk>",
    "<<mask>>",
    "<mask>j<mask>",
    "<cls",
    "<null_2>",
    "<null_1",
    "<unk>J",
    "J<unk>j",
    "M.-K",
    "--..",
    "X" * 12,
    "BUZOX",
]

# Texts by lot, of everything that could go wrong.
lot = random.Random(42)
PIECES = list("LAGVSERTIDPKQNFYMHWCXBUZO.-") + list("JJjabm19*_<> \t") + ["<mask>", "<cls>", "<eos>", "<unk>", "<pad>", "<null_1>", "<mas", "k>", "é", "\u00a0"]
TEXTS += ["".join(lot.choices(PIECES, k=lot.randint(1, 18))) for _ in range(200)]


def truncated(text, side, length):
    tokenizer.truncation_side = side
    ids = tokenizer(text, truncation=True, max_length=length)["input_ids"]
    return {"text": text, "side": {"right": "end", "left": "start"}[side], "max_length": length, "ids": ids}


cases = [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in TEXTS]
cut = [truncated("MKVLAGSERT", side, length) for side in ("right", "left") for length in (3, 5, 11, 12, 13)]
dump = lambda items: ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
print(f'{{"transformers":"{transformers.__version__}","cases":[\n{dump(cases)}\n],"truncated":[\n{dump(cut)}\n]}}')
