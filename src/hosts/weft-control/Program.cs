using Weft.Hosts.Control;

return await ControlHost.RunAsync(args);
