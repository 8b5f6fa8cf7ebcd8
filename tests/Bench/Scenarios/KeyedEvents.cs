using System.Net.Http.Json;
using Partner.Demo;
using Partner.Testing;

namespace Partner.Bench.Scenarios;

/// <summary>
/// Requests with an Idempotency-Key: what one version accepted is sent again to each that follows, which has to answer
/// that it did, and to store nothing.
/// </summary>
internal sealed class KeyedEvents(Stage stage, ConnectedTenant tenant)
{
    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly List<(string Key, string Answer)> _accepted = [];
    private int _repeated;
    private int _notReplayed;
    private int _otherAnswers;

    public static async Task<KeyedEvents> StartAsync(Stage stage)
    {
        var (system, name) = (stage.System, "keyed");
        return new KeyedEvents(
            stage,
            await Connecting.ConnectAsync(system.Backend, system.Sandbox, system.Gateway, DemoSite.All[0], name)
        );
    }

    /// <summary>Repeats all of before, and sends one that is new.</summary>
    public async Task TurnAsync()
    {
        foreach (var (key, answer) in _accepted)
        {
            var (isReplayed, again) = await PostAsync(key);
            _repeated++;
            _notReplayed += isReplayed ? 0 : 1;
            _otherAnswers += again == answer ? 0 : 1;
        }

        var added = $"{Guid.CreateVersion7():N}";
        _accepted.Add((added, (await PostAsync(added)).Answer));
    }

    public async Task<Counts> SettleAsync()
    {
        var arrived = await Until.AnsweredAsync(ArrivedAsync, events => events >= _accepted.Count);
        return new Counts(_accepted.Count, arrived, _repeated, _notReplayed, _otherAnswers);
    }

    private async Task<long> ArrivedAsync() =>
        (await stage.System.Sandbox.ArrivalsAsync())
            .Where(a => a.Org == tenant.Org.Id && a.Type == "events")
            .Sum(a => a.Items);

    private async Task<(bool IsReplayed, string Answer)> PostAsync(string key)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        for (var n = 1; ; n++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(stage.System.Gateway, "api/v1/events"))
            {
                // Its answer repeats it, and is too long to be kept.
                Content = JsonContent.Create(new { title = $"keyed {key}", text = "Sent to more than one version." }),
            };
            request.Headers.Add("DD-API-KEY", tenant.Key.Key);
            request.Headers.Add("Idempotency-Key", key);
            try
            {
                using var response = await http.SendAsync(request);
                response.EnsureSuccessStatusCode();
                return (response.Headers.Contains("Idempotency-Replayed"), await response.Content.ReadAsStringAsync());
            }
            catch (HttpRequestException) when (n < Attempts)
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <param name="NotReplayed">Repetitions that were taken for something new.</param>
    /// <param name="OtherAnswers">Repetitions that were answered otherwise than at first.</param>
    internal sealed record Counts(int Accepted, long Arrived, int Repeated, int NotReplayed, int OtherAnswers)
    {
        public bool IsGood => Arrived == Accepted && NotReplayed == 0;
    }
}
