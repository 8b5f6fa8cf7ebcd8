using System.Net.Sockets;
using System.Text;

namespace Partner.Gateway.Tests;

/// <summary>HTTP by hand, for what no HTTP client would send.</summary>
internal static class Raw
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static Task<string> ExchangeAsync(Uri url, string request) =>
        ExchangeAsync(url, stream => stream.WriteAsync(Bytes(request)).AsTask());

    /// <summary>Sends, and reads until the other side closes or the first complete answer is there.</summary>
    public static async Task<string> ExchangeAsync(Uri url, Func<NetworkStream, Task> send)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, patience.Token);
        var stream = client.GetStream();
        try
        {
            await send(stream);
        }
        catch (IOException)
        {
            // Refused before all was sent; the answer may be there all the same.
        }

        var (answer, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        try
        {
            while (!IsComplete(answer.ToString()) && await stream.ReadAsync(buffer, patience.Token) is var read and > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Reset after the answer.
        }

        return answer.ToString();
    }

    private static bool IsComplete(string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var length = answer[..end]
            .Split("\r\n")
            .FirstOrDefault(h => h.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return length is null
            ? answer.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
            : answer.Length >= end + 4 + int.Parse(length.Split(':')[1]);
    }
}
