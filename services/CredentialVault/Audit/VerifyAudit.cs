using System.Data.Common;
using System.Security.Cryptography;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Audit;

/// <summary>
/// <c>dotnet CredentialVault.dll verify-audit [connection...]</c>, with the configuration of the service: checks every
/// chain, or those named, and prints the first bad record of each broken one.
/// </summary>
internal static class VerifyAudit
{
    public const string Command = "verify-audit";

    /// <summary>Exit codes; 2 is a wrong configuration, as for the service itself.</summary>
    public const int Intact = 0;
    public const int Broken = 1;
    public const int NotVerified = 3;

    private const int Page = 500;

    public static async Task<int> RunAsync(IServiceProvider services, string[] arguments, TextWriter output)
    {
        // Everything else is configuration.
        var named = arguments.Where(argument => argument.StartsWith("con_", StringComparison.Ordinal)).ToArray();
        if (named.FirstOrDefault(name => !AuditChainId.TryParse(name, null, out _)) is { } wrong)
        {
            await output.WriteLineAsync($"'{wrong}' is not a connection's id.");
            return NotVerified;
        }

        try
        {
            return await RunAsync(services.GetRequiredService<AuditReader>(), named, output);
        }
        catch (Exception e)
            when (e
                    is DbException
                        or KeyUnavailableException
                        or HttpRequestException
                        or TimeoutException
                        or CryptographicException
            )
        {
            await output.WriteLineAsync(
                $"Not verified: {e.GetType().Name}. The database and the key ring are both needed."
            );
            return NotVerified;
        }
    }

    private static async Task<int> RunAsync(AuditReader reader, string[] named, TextWriter output)
    {
        var (chains, broken) = (0, 0);
        await foreach (var chain in ChainsAsync(reader, named))
        {
            chains++;
            var verdict = await reader.VerifyAsync(chain, CancellationToken.None);
            if (!verdict.Intact)
            {
                broken++;
                await output.WriteLineAsync($"{chain} record {verdict.FirstBroken}: {verdict.Why}");
            }
        }

        await output.WriteLineAsync($"{chains} chains, {broken} broken");
        return broken == 0 ? Intact : Broken;
    }

    private static async IAsyncEnumerable<AuditChainId> ChainsAsync(AuditReader reader, string[] named)
    {
        foreach (var name in named)
        {
            yield return AuditChainId.Parse(name);
        }

        for (var after = ""; named.Length == 0; )
        {
            var page = await reader.ChainsAsync(after, Page, CancellationToken.None);
            foreach (var chain in page)
            {
                yield return chain;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            after = page[^1].Text;
        }
    }
}
