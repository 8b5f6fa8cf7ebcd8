using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public class MetricsTests
{
    [Fact]
    public void TheListOfMetricsHasThemAll()
    {
        using var recorder = new MeterRecorder();
        var metrics = new VaultMetrics(recorder.Factory);
        metrics.Disclosed("logs", "api-key");
        metrics.RefusedKey("retired");
        metrics.Undecryptable();
        metrics.Rewrapped(1);
        metrics.Left(2, 1);

        Assert.Equal(MetricRow.Of("partner.vault."), recorder.Rows());
    }
}
