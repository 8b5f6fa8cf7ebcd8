using System.Collections.Concurrent;
using System.Diagnostics;
using Partner.Testing;

namespace Partner.Gateway.Tests;

// One after the other with the test that listens to all sources: Kestrel would start spans for it around ours.
[Collection(nameof(ActivityListener))]
public sealed class TraceTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task AClientsTraceEndsAtTheDoorAndOursBeginsThere()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        var headers = await SendAsync();

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", headers["traceparent"]);
        var trace = headers["traceparent"].Split('-')[1];
        // The gateway's, its call, and the sender's, which may end after the answer is here.
        await Until.TrueAsync(() => spans.Count(s => $"{s.TraceId}" == trace) == 3);
        var ours = spans.Where(s => $"{s.TraceId}" == trace).ToList();
        var root = Assert.Single(ours, s => s.ParentId is null);
        var call = Assert.Single(ours, s => s.ParentSpanId == root.SpanId);
        var sender = Assert.Single(ours, s => s.ParentSpanId == call.SpanId);
        Assert.Equal(
            (ActivityKind.Server, ActivityKind.Client, ActivityKind.Server),
            (root.Kind, call.Kind, sender.Kind)
        );
        Assert.All(ours, s => Assert.Empty(s.Baggage));
    }

    private async Task<Dictionary<string, string>> SendAsync()
    {
        var (key, _) = await host.NewKeyAsync();
        var client = Guid.CreateVersion7().ToString("N");
        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\ntraceparent: 00-{client}-00f067aa0ba902b7-01\r\n"
                + $"tracestate: vendor={client}\r\nbaggage: user={client}\r\nRequest-Id: |{client}.\r\n"
                + $"Correlation-Context: user={client}\r\nContent-Length: 2\r\n\r\n[]"
        );

        Assert.StartsWith("HTTP/1.1 202 ", answer);
        var headers = host.Sender.Last.Headers;
        Assert.DoesNotContain(headers, h => h.Value.Contains(client));
        Assert.Empty(
            headers.Keys.Intersect(
                ["tracestate", "baggage", "Request-Id", "Correlation-Context"],
                StringComparer.OrdinalIgnoreCase
            )
        );
        return headers;
    }
}
