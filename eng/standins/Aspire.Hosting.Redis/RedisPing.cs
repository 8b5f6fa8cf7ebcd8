using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Redis;

/// <summary>AUTH and PING in RESP (https://redis.io/docs/latest/develop/reference/protocol-spec/).</summary>
internal static class RedisPing
{
    private const string Answer = "+OK\r\n+PONG\r\n";

    public static async Task<bool> CheckAsync(RedisResource redis, CancellationToken cancellationToken)
    {
        try
        {
            var port = await redis.PrimaryEndpoint.Property(EndpointProperty.Port).GetValueAsync(cancellationToken);
            var password = await redis.PasswordParameter!.GetValueAsync(cancellationToken);
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", int.Parse(port!, CultureInfo.InvariantCulture), cancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(Command("AUTH", password!) + Command("PING")), cancellationToken);
            var answer = new byte[Answer.Length];
            await stream.ReadExactlyAsync(answer, cancellationToken);
            return Encoding.ASCII.GetString(answer) == Answer;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static string Command(params string[] words) => string.Concat(
        words.Select(w => string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(w)}\r\n{w}\r\n"))
            .Prepend(string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n")));
}
