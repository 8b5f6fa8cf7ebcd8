using System.Diagnostics;
using Partner.Bench.Oracle;
using Partner.Demo;

namespace Partner.Bench.Load;

/// <summary>Sends one request after the other's schedule, and writes down what was answered.</summary>
internal sealed class Client(Door door, Generator generator, Ledger ledger, IReadOnlyList<ConnectedTenant> tenants)
{
    public int ItemsPerRequest => generator.Shape.ItemsPerRequest;

    public int Connections => tenants.Count;

    /// <param name="scheduledAt">When it was to be sent: what it waits beyond that is latency, too.</param>
    public async Task<Answer> SendAsync(int connection, long scheduledAt, Phase phase)
    {
        var first = ledger.Reserve();
        var template = generator.For((long)first / ItemsPerRequest);
        var (body, hashes) = template.Fill(first);
        var request = new Request(connection, hashes, scheduledAt, phase);
        ledger.Sending(first, request);
        var answer = await PostAsync(connection, body);
        ledger.Answered(request, answer);
        switch (answer)
        {
            case Answer.Acked:
                phase.Accept.Add(Stopwatch.GetElapsedTime(scheduledAt));
                phase.AddAcked(ItemsPerRequest, template.ItemBytes);
                break;
            case Answer.Refused:
                phase.AddRefused(ItemsPerRequest);
                break;
            default:
                phase.AddUnknown(ItemsPerRequest);
                break;
        }

        return answer;
    }

    private async Task<Answer> PostAsync(int connection, byte[] body)
    {
        try
        {
            var status = await door.PostAsync(tenants[connection], body);
            // A 503 may stand for a commit whose answer was lost (services/Senders/Sending/README.md).
            return status is >= 200 and < 300 ? Answer.Acked
                : status is 503 or 500 ? Answer.Unknown
                : Answer.Refused;
        }
        catch (Exception none) when (none is HttpRequestException or TaskCanceledException)
        {
            return Answer.Unknown;
        }
    }
}
