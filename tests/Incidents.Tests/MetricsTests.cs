using Partner.Testing;

namespace Partner.Incidents.Tests;

public class MetricsTests
{
    [Fact]
    public void TheListOfMetricsHasThemAll()
    {
        using var recorder = new MeterRecorder();
        var metrics = new IncidentsMetrics(recorder.Factory);
        var create = IncidentEndpoint.Create;
        metrics.Asked(create, Decision.Call);
        metrics.AnswerLost(create);
        metrics.Found(create);
        metrics.Looked(create, new Finding.Absent());

        Assert.Equal(MetricRow.Of("partner.incidents."), recorder.Rows());
    }
}
