//! The works that the methods cite.

/// A cited work: how a sentence names it, and where it was published.
pub(super) type Work = (&'static str, &'static str);

pub(super) const WILSON: Work = (
    "Wilson 1927",
    "Wilson EB (1927). Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 22:209–212.",
);
pub(super) const DELONG: Work = (
    "DeLong et al. 1988",
    "DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 44:837–845.",
);
pub(super) const EFRON_BCA: Work =
    ("Efron 1987", "Efron B (1987). Better bootstrap confidence intervals. J Am Stat Assoc 82:171–185.");
pub(super) const EFRON_JACKKNIFE: Work =
    ("Efron 1982", "Efron B (1982). The jackknife, the bootstrap and other resampling plans. SIAM.");
pub(super) const DORFMAN: Work = (
    "Dorfman et al. 1992",
    "Dorfman DD, Berbaum KS, Metz CE (1992). Receiver operating characteristic rating analysis. Invest Radiol 27:723–731.",
);
pub(super) const HILLIS: Work = (
    "Hillis 2007",
    "Hillis SL (2007). A comparison of denominator degrees of freedom methods for multiple observer ROC analysis. Stat Med 26:596–619.",
);
pub(super) const NADEAU: Work =
    ("Nadeau and Bengio 2003", "Nadeau C, Bengio Y (2003). Inference for the generalization error. Mach Learn 52:239–281.");
pub(super) const MCNEMAR: Work = (
    "McNemar 1947",
    "McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or percentages. Psychometrika 12:153–157.",
);
pub(super) const FAGERLAND: Work = (
    "Fagerland et al. 2013",
    "Fagerland MW, Lydersen S, Laake P (2013). The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional. BMC Med Res Methodol 13:91.",
);
pub(super) const SCHUIRMANN: Work = (
    "Schuirmann 1987",
    "Schuirmann DJ (1987). A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of average bioavailability. J Pharmacokinet Biopharm 15:657–680.",
);
pub(super) const HOLM: Work =
    ("Holm 1979", "Holm S (1979). A simple sequentially rejective multiple test procedure. Scand J Stat 6:65–70.");
pub(super) const GUO: Work = (
    "Guo et al. 2017",
    "Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. ICML, PMLR 70:1321–1330.",
);
pub(super) const BROECKER: Work = (
    "Bröcker and Smith 2007",
    "Bröcker J, Smith LA (2007). Increasing the reliability of reliability diagrams. Weather Forecast 22:651–661.",
);
pub(super) const TSAMARDINOS: Work = (
    "Tsamardinos et al. 2018",
    "Tsamardinos I, Greasidou E, Borboudakis G (2018). Bootstrapping the out-of-sample predictions for efficient and accurate cross-validation. Mach Learn 107:1895–1922.",
);
pub(super) const BONETT: Work = (
    "Bonett and Price 2012",
    "Bonett DG, Price RM (2012). Adjusted Wald confidence interval for a difference of binomial proportions based on paired data. J Educ Behav Stat 37:479–488.",
);
pub(super) const MANTEL: Work = (
    "Mantel 1963",
    "Mantel N (1963). Chi-square tests with one degree of freedom; extensions of the Mantel–Haenszel procedure. J Am Stat Assoc 58:690–700.",
);
pub(super) const FISHER: Work = (
    "Fisher 1922",
    "Fisher RA (1922). On the interpretation of χ² from contingency tables, and the calculation of P. J R Stat Soc 85:87–94.",
);
pub(super) const JAERVELIN: Work = (
    "Järvelin and Kekäläinen 2002",
    "Järvelin K, Kekäläinen J (2002). Cumulated gain-based evaluation of IR techniques. ACM Trans Inf Syst 20:422–446.",
);
pub(super) const WHITE: Work = (
    "White 1980",
    "White H (1980). A heteroskedasticity-consistent covariance matrix estimator and a direct test for heteroskedasticity. Econometrica 48:817–838.",
);
pub(super) const FAWCETT: Work =
    ("Fawcett 2006", "Fawcett T (2006). An introduction to ROC analysis. Pattern Recognit Lett 27:861–874.");
