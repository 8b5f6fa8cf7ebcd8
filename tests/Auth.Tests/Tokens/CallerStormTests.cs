using System.Diagnostics;
using System.Net;
using Partner.Sandbox;

namespace Partner.Auth.Tests.Tokens;

/// <summary>At the size that F1 speaks of, by processes, which have the real time: no time skips in this world. It prints
/// what it measured.</summary>
public sealed class CallerStormTests(World world) : TokenTests(world), IClassFixture<World>
{
    private const int Callers = 10_000;

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F1")]
    [Trait("security", "41")]
    public async Task TenThousandCallersOfThreeReplicasMakeOneRefresh()
    {
        World.Logs.Keeps = false;
        var (id, _) = await ConnectAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AuthProcess.StartAsync(World)));
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 });
            // Connections and code are warm; then the token is dead for all.
            await Task.WhenAll(
                replicas.SelectMany(r => Enumerable.Range(0, 50).Select(_ => r.AccessTokenAsync(id, http)))
            );
            await ExpireAsync(id);
            var (granted, asked, used) = (Granted(), World.TokenRequests(), UsedTwice());
            var latencies = new TimeSpan[Callers];
            var since = Stopwatch.GetTimestamp();
            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, Callers)
                    .Select(async i =>
                    {
                        var answer = await replicas[i % replicas.Length].AccessTokenAsync(id, http);
                        latencies[i] = Stopwatch.GetElapsedTime(since);
                        return answer;
                    })
            );
            Storm.Print(
                $"F1: {Callers} callers of {replicas.Length} processes: {World.TokenRequests() - asked} refresh, "
                    + $"all answered after p50 {Storm.At(latencies, 50)}, p99 {Storm.At(latencies, 99)}, last {latencies.Max().TotalMilliseconds:F0} ms"
            );
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
            Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
            Assert.Equal((granted + 1, asked + 1, used), (Granted(), World.TokenRequests(), UsedTwice()));
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }

            World.Logs.Keeps = true;
        }
    }
}
