using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Postgres;

/// <summary>Postgres refuses to run as root: then it runs as the user that its package has made.</summary>
internal sealed class ServerUser
{
    private const string Name = "postgres";

    private readonly (uint User, uint Group)? _ids;

    private ServerUser((uint User, uint Group)? ids)
    {
        _ids = ids;
    }

    public static ServerUser ForThisProcess() => Environment.UserName == "root" ? new ServerUser(Find()) : new ServerUser(null);

    public void Own(string path)
    {
        if (_ids is { } ids && ChangeOwner(path, ids.User, ids.Group) != 0)
        {
            throw new DistributedApplicationException($"{path} could not be given to the user {Name} (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    // setpriv execs in place: the process id is the server's own.
    public LaunchPlan Run(string program, string[] arguments, string workingDirectory) => _ids is null
        ? new LaunchPlan(program, arguments, workingDirectory)
        : new LaunchPlan(
            "setpriv", [$"--reuid={Name}", $"--regid={Name}", "--clear-groups", "--", program, .. arguments], workingDirectory);

    // A line of passwd: name:password:uid:gid:comment:home:shell
    private static (uint User, uint Group) Find()
    {
        var fields = File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f[0] == Name)
            ?? throw new DistributedApplicationException($"Postgres cannot run as root, and there is no user '{Name}': install the package postgresql.");
        return (uint.Parse(fields[2], CultureInfo.InvariantCulture), uint.Parse(fields[3], CultureInfo.InvariantCulture));
    }

    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    private static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}
