using System.Diagnostics;
using Partner.Bench.Oracle;
using Partner.Demo;

namespace Partner.Bench.Load;

/// <summary>Sends one request after the other's schedule, and writes down what was answered.</summary>
/// <param name="retries">Null: what is not taken is not sent again.</param>
internal sealed class Client(
    Door door,
    Generator generator,
    Ledger ledger,
    IReadOnlyList<ConnectedTenant> tenants,
    Retries? retries = null
)
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
        var answer = retries is null
            ? (await PostAsync(connection, body)).Answer
            : await retries.RunAsync(() => PostAsync(connection, body));
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

    private async Task<Attempt> PostAsync(int connection, byte[] body)
    {
        try
        {
            var (status, retryAfter) = await door.PostAsync(tenants[connection], body);
            // A 503 may stand for a commit whose answer was lost (services/Senders/Sending/README.md).
            var answer =
                status is >= 200 and < 300 ? Answer.Acked
                : status is 503 or 500 ? Answer.Unknown
                : Answer.Refused;
            return new Attempt(answer, $"{status}", retryAfter);
        }
        catch (HttpRequestException none)
        {
            return new Attempt(Answer.Unknown, $"{none.HttpRequestError}", null);
        }
        catch (TaskCanceledException)
        {
            return new Attempt(Answer.Unknown, "timeout", null);
        }
    }
}
