"""Mathematics: derivations of sizes, counts, fields and moments. Knows no language, no student and no markup."""
