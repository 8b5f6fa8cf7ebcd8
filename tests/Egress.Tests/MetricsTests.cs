using Microsoft.Extensions.Logging.Abstractions;
using Partner.Testing;

namespace Partner.Egress.Tests;

public class MetricsTests
{
    [Fact]
    public void TheListOfMetricsHasThemAll()
    {
        using var recorder = new MeterRecorder();
        var denials = new EgressDenials(NullLogger<EgressDenials>.Instance, recorder.Factory);
        _ = denials.Because(EgressDenial.Host, "elsewhere.example");

        Assert.Equal(MetricRow.Of("egress."), recorder.Rows());
    }
}
