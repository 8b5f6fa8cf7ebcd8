using Partner.Testing;

namespace Partner.Auth.Tests;

public class MetricsTests
{
    [Fact]
    public void TheListOfMetricsHasThemAll()
    {
        using var recorder = new MeterRecorder();
        var metrics = new AuthMetrics(recorder.Factory);
        metrics.Refreshed("refreshed");
        metrics.WebhookAttempted("delivered");

        Assert.Equal(MetricRow.Of("partner.auth."), recorder.Rows());
    }
}
