using Partner.Testing;

namespace Partner.Sandbox.Tests;

/// <summary>tests/Sandbox/README.md: all its commands in one shell, as they stand, but for the installation.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public async Task EveryCommandOfTheReadmeWorks()
    {
        Assert.SkipUnless(await BashSession.HasAsync("curl"), "curl is not installed.");
        var blocks = BashSession.BlocksOf(
            await File.ReadAllTextAsync(Repository.PathOf("tests/Sandbox/README.md"), World.Token)
        );
        var folder = Directory.CreateTempSubdirectory("partner-sandbox-");
        using var shell = new BashSession(folder.FullName);
        await shell.RunAsync(Tool(folder));

        Assert.StartsWith("dotnet pack tests/Sandbox", blocks[0], StringComparison.Ordinal);
        var outputs = new List<string>();
        foreach (var block in blocks.Skip(1))
        {
            outputs.Add(await shell.RunAsync(block));
        }

        Assert.Contains("CLIENT_SECRET=", outputs[0], StringComparison.Ordinal);
        Assert.Contains("""{"message":"hello","service":"shop"}""", outputs[2], StringComparison.Ordinal);
        await shell.RunAsync("kill %1 && wait %1 || true");
        folder.Delete(recursive: true);
    }

    // As `dotnet tool install` leaves it.
    private static string Tool(DirectoryInfo folder) =>
        $"""
            printf '#!/bin/sh\nexec dotnet "{typeof(SandboxApp).Assembly.Location}" "$@"\n' >{folder.FullName}/datadog-sandbox
            export PATH="{folder.FullName}:$PATH"
            chmod +x {folder.FullName}/datadog-sandbox
            """;
}
